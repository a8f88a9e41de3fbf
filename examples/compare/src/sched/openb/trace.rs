//! Nodes and pods of the trace, as the crate's values.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use gofarm_sched::node::Node;
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Resources, Share};
use oorandom::Rand64;

/// Which nodes.
#[derive(Clone, Copy)]
pub(super) enum Nodes {
    WithAccelerators,
    All,
}

/// Nodes, and pods by their shape.
pub(super) struct Trace {
    nodes: Vec<Node>,
    shapes: Vec<Request>,
    pods: Vec<usize>,
}

impl Trace {
    pub(super) fn read(file: &str, nodes: Nodes) -> Self {
        let which = match nodes {
            Nodes::WithAccelerators => "gpu",
            Nodes::All => "all",
        };
        let nodes = rows(&format!("openb_node_list_{which}_node.csv"));
        let nodes = nodes.iter().map(|row| {
            let resources = Resources::new(number(row, "cpu_milli"), mebibytes(row));
            let count = number::<usize>(row, "gpu");
            let node = Node::new(&row["sn"], resources.accelerators(count));
            match &*row["model"] {
                "" => node,
                model => node.accelerator_model(model),
            }
        });
        let nodes = nodes.collect();

        let mut shapes = Vec::new();
        let mut known = HashMap::new();
        let pods = rows(&format!("openb_pod_list_{file}.csv"));
        let pods = pods.iter().map(|row| {
            let request = request(row);
            *known.entry(request.clone()).or_insert_with(|| {
                shapes.push(request);
                shapes.len() - 1
            })
        });
        let pods = pods.collect();
        Self {
            nodes,
            shapes,
            pods,
        }
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(super) fn shapes(&self) -> usize {
        self.shapes.len()
    }

    pub(super) fn request(&self, shape: usize) -> &Request {
        &self.shapes[shape]
    }

    /// The shapes of the pods, in the order of the trace.
    pub(super) fn pods(&self) -> &[usize] {
        &self.pods
    }

    /// All accelerators, in thousandths.
    pub(super) fn capacity(&self) -> u32 {
        let all = self.nodes.iter();
        all.map(|node| node.capacity().devices().total_free()).sum()
    }

    /// All pods, and pods drawn again until the next would ask for more than so many times the accelerators, shuffled.
    pub(super) fn inflated(&self, times: f64, random: &mut Rand64) -> Vec<usize> {
        let most = f64::from(self.capacity()) * times;
        let asks = |pod: usize| self.request(pod).ask().devices().total();
        let mut pods = self.pods.clone();
        let mut asked: u32 = pods.iter().map(|&pod| asks(pod)).sum();
        loop {
            let drawn = self.pods[random.rand_range(0..self.pods.len() as u64) as usize];
            if f64::from(asked + asks(drawn)) > most {
                break;
            }
            asked += asks(drawn);
            pods.push(drawn);
        }
        for last in (1..pods.len()).rev() {
            pods.swap(last, random.rand_range(0..last as u64 + 1) as usize);
        }
        pods
    }
}

type Row = HashMap<String, String>;

/// The rows by the names of their columns; the files have different ones.
fn rows(name: &str) -> Vec<Row> {
    let folder = std::env::var_os("GOFARM_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join("sched/openb").join(name);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let row = |line: &str| {
        let values = line.split(',').map(str::to_owned);
        names
            .iter()
            .map(|&name| name.to_owned())
            .zip(values)
            .collect()
    };
    lines.map(row).collect()
}

fn number<N: std::str::FromStr>(row: &Row, column: &str) -> N {
    let value = &row[column];
    let parsed = value.parse();
    parsed.unwrap_or_else(|_| panic!("openb: {column} is not a number: '{value}'"))
}

fn mebibytes(row: &Row) -> u64 {
    number::<u64>(row, "memory_mib") << 20
}

fn request(row: &Row) -> Request {
    let share = match (number(row, "num_gpu"), number(row, "gpu_milli")) {
        (0, _) => Share::None,
        (1, part @ 1..1_000) => Share::Part(part),
        (count, _) => Share::Whole(count),
    };
    let ask = Ask::new(number(row, "cpu_milli"), mebibytes(row)).share(share);
    let models = row.get("gpu_spec").map_or("", |models| models);
    let models = models.split('|').filter(|model| !model.is_empty());
    models.fold(Request::new(ask), Request::model)
}
