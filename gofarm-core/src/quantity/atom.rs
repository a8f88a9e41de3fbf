//! The unit atoms of UCUM 2.2 (17 June 2024): tables 2 to 24 of the specification, symbols only.
//!
//! The symbols are facts that a program needs in order to interoperate; meanings, names and conversion factors
//! are in the specification itself, copyright Regenstrief Institute ([ucum.org](https://ucum.org/ucum)).

use super::prefix;

/// Atoms that take a prefix (§11): base units first, then in the order of the specification.
const METRIC: &[&str] = &[
    "m", "s", "g", "rad", "K", "C", "cd", "mol", "sr", "Hz", "N", "Pa", "J", "W", "A", "V", "F",
    "Ohm", "S", "Wb", "Cel", "T", "H", "lm", "lx", "Bq", "Gy", "Sv", "l", "L", "ar", "t", "bar",
    "u", "eV", "pc", "[c]", "[h]", "[k]", "[eps_0]", "[mu_0]", "[e]", "[m_e]", "[m_p]", "[G]",
    "[g]", "[ly]", "gf", "Ky", "Gal", "dyn", "erg", "P", "Bi", "St", "Mx", "G", "Oe", "Gb", "sb",
    "Lmb", "ph", "Ci", "R", "RAD", "REM", "cal_[15]", "cal_[20]", "cal_m", "cal_IT", "cal_th",
    "cal", "tex", "m[H2O]", "m[Hg]", "eq", "osm", "g%", "kat", "U", "[iU]", "[IU]", "Np", "B",
    "B[SPL]", "B[V]", "B[mV]", "B[uV]", "B[10.nV]", "B[W]", "B[kW]", "st", "mho", "bit", "By",
    "Bd",
];

/// Atoms that take no prefix and do not begin with a bracket.
const PLAIN: &[&str] = &[
    "10*", "10^", "%", "gon", "deg", "'", "''", "min", "h", "d", "a_t", "a_j", "a_g", "a", "wk",
    "mo_s", "mo_j", "mo_g", "mo", "AU", "atm", "%[slope]", "Ao", "b", "att", "circ", "sph",
    "bit_s",
];

/// Atoms that take no prefix and begin with a bracket.
const BRACKETED: &[&str] = &[
    "[pi]",
    "[ppth]",
    "[ppm]",
    "[ppb]",
    "[pptr]",
    "[lbf_av]",
    "[in_i]",
    "[ft_i]",
    "[yd_i]",
    "[mi_i]",
    "[fth_i]",
    "[nmi_i]",
    "[kn_i]",
    "[sin_i]",
    "[sft_i]",
    "[syd_i]",
    "[cin_i]",
    "[cft_i]",
    "[cyd_i]",
    "[bf_i]",
    "[cr_i]",
    "[mil_i]",
    "[cml_i]",
    "[hd_i]",
    "[ft_us]",
    "[yd_us]",
    "[in_us]",
    "[rd_us]",
    "[ch_us]",
    "[lk_us]",
    "[rch_us]",
    "[rlk_us]",
    "[fth_us]",
    "[fur_us]",
    "[mi_us]",
    "[acr_us]",
    "[srd_us]",
    "[smi_us]",
    "[sct]",
    "[twp]",
    "[mil_us]",
    "[in_br]",
    "[ft_br]",
    "[rd_br]",
    "[ch_br]",
    "[lk_br]",
    "[fth_br]",
    "[pc_br]",
    "[yd_br]",
    "[mi_br]",
    "[nmi_br]",
    "[kn_br]",
    "[acr_br]",
    "[gal_us]",
    "[bbl_us]",
    "[qt_us]",
    "[pt_us]",
    "[gil_us]",
    "[foz_us]",
    "[fdr_us]",
    "[min_us]",
    "[crd_us]",
    "[bu_us]",
    "[gal_wi]",
    "[pk_us]",
    "[dqt_us]",
    "[dpt_us]",
    "[tbs_us]",
    "[tsp_us]",
    "[cup_us]",
    "[foz_m]",
    "[cup_m]",
    "[tsp_m]",
    "[tbs_m]",
    "[gal_br]",
    "[pk_br]",
    "[bu_br]",
    "[qt_br]",
    "[pt_br]",
    "[gil_br]",
    "[foz_br]",
    "[fdr_br]",
    "[min_br]",
    "[gr]",
    "[lb_av]",
    "[oz_av]",
    "[dr_av]",
    "[scwt_av]",
    "[lcwt_av]",
    "[ston_av]",
    "[lton_av]",
    "[stone_av]",
    "[pwt_tr]",
    "[oz_tr]",
    "[lb_tr]",
    "[sc_ap]",
    "[dr_ap]",
    "[oz_ap]",
    "[lb_ap]",
    "[oz_m]",
    "[lne]",
    "[pnt]",
    "[pca]",
    "[pnt_pr]",
    "[pca_pr]",
    "[pied]",
    "[pouce]",
    "[ligne]",
    "[didot]",
    "[cicero]",
    "[degF]",
    "[degR]",
    "[degRe]",
    "[Cal]",
    "[Btu_39]",
    "[Btu_59]",
    "[Btu_60]",
    "[Btu_m]",
    "[Btu_IT]",
    "[Btu_th]",
    "[Btu]",
    "[HP]",
    "[den]",
    "[in_i'H2O]",
    "[in_i'Hg]",
    "[PRU]",
    "[wood'U]",
    "[diop]",
    "[p'diop]",
    "[mesh_i]",
    "[Ch]",
    "[drp]",
    "[hnsf'U]",
    "[MET]",
    "[hp'_X]",
    "[hp'_C]",
    "[hp'_M]",
    "[hp'_Q]",
    "[hp_X]",
    "[hp_C]",
    "[hp_M]",
    "[hp_Q]",
    "[kp_X]",
    "[kp_C]",
    "[kp_M]",
    "[kp_Q]",
    "[pH]",
    "[S]",
    "[HPF]",
    "[LPF]",
    "[arb'U]",
    "[USP'U]",
    "[GPL'U]",
    "[MPL'U]",
    "[APL'U]",
    "[beth'U]",
    "[anti'Xa'U]",
    "[todd'U]",
    "[dye'U]",
    "[smgy'U]",
    "[bdsk'U]",
    "[ka'U]",
    "[knk'U]",
    "[mclg'U]",
    "[tb'U]",
    "[CCID_50]",
    "[TCID_50]",
    "[EID_50]",
    "[PFU]",
    "[FFU]",
    "[CFU]",
    "[IR]",
    "[BAU]",
    "[AU]",
    "[Amb'a'1'U]",
    "[PNU]",
    "[Lf]",
    "[D'ag'U]",
    "[FEU]",
    "[ELU]",
    "[EU]",
    "[psi]",
    "[car_m]",
    "[car_Au]",
    "[smoot]",
    "[m/s2/Hz^(1/2)]",
    "[NTU]",
    "[FNU]",
];

/// What a symbol is, without exponent and annotation.
#[derive(Clone, Copy)]
pub(super) enum Symbol {
    /// An atom, or a prefix and a metric atom.
    Known,
    /// A prefix before an atom that takes none: `kmin`.
    PrefixOnNonMetric,
    /// Neither.
    Unknown,
}

/// Looks up the bytes `from..to` of `code`.
pub(super) const fn look_up(code: &[u8], from: usize, to: usize) -> Symbol {
    if is_metric(code, from, to) || is_non_metric(code, from, to) {
        return Symbol::Known;
    }
    let mut is_prefixed = false;
    let mut len = 1;
    while len <= prefix::MAX_LEN && from + len < to {
        if prefix::is_prefix(code, from, from + len) {
            if is_metric(code, from + len, to) {
                return Symbol::Known;
            }
            is_prefixed = is_prefixed || is_non_metric(code, from + len, to);
        }
        len += 1;
    }
    if is_prefixed {
        Symbol::PrefixOnNonMetric
    } else {
        Symbol::Unknown
    }
}

const fn is_metric(code: &[u8], from: usize, to: usize) -> bool {
    contains(METRIC, code, from, to)
}

const fn is_non_metric(code: &[u8], from: usize, to: usize) -> bool {
    if from < to && code[from] == b'[' {
        contains(BRACKETED, code, from, to)
    } else {
        contains(PLAIN, code, from, to)
    }
}

const fn contains(atoms: &[&str], code: &[u8], from: usize, to: usize) -> bool {
    let mut i = 0;
    while i < atoms.len() {
        if is_at(atoms[i].as_bytes(), code, from, to) {
            return true;
        }
        i += 1;
    }
    false
}

/// Whether `symbol` is the bytes `from..to` of `code`.
pub(super) const fn is_at(symbol: &[u8], code: &[u8], from: usize, to: usize) -> bool {
    if to > code.len() || from > to || symbol.len() != to - from {
        return false;
    }
    let mut i = 0;
    while i < symbol.len() {
        if symbol[i] != code[from + i] {
            return false;
        }
        i += 1;
    }
    true
}
