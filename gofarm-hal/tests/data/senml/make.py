"""Makes packs.tsv: packs in JSON and CBOR and what they resolve to, by Python's json and by cbor2 (pip install cbor2).

The packs are those of RFC 8428, section 5.1, and some that use every field. Resolving is written here a second time, from
the text of section 4.6, over parsed values.

Lines: "pack", name, JSON, CBOR in hex, CBOR with decimal fractions in hex; then one line "record" for each resolved
record: name, unit, kind of value, value, sum, time; "-" is absent. Floats are Python's repr, text and data are hex.
"""

import base64
import decimal
import json
import pathlib
import random

import cbor2

LABELS = {
    "bver": -1, "bn": -2, "bt": -3, "bu": -4, "bv": -5, "bs": -6,
    "n": 0, "u": 1, "v": 2, "vs": 3, "vb": 4, "s": 5, "t": 6, "ut": 7, "vd": 8,
}

RFC = {
    "single": '[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]',
    "two": '[{"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},{"n":"current","u":"A","v":1.2}]',
    "six": '[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},'
           '{"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},{"n":"current","t":-3,"v":1.4},'
           '{"n":"current","t":-2,"v":1.5},{"n":"current","t":-1,"v":1.6},{"n":"current","v":1.7}]',
    "mobile": '[{"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,"bu":"%RH","v":20},{"u":"lon","v":24.30621},'
              '{"u":"lat","v":60.07965},{"t":60,"v":20.3},{"u":"lon","t":60,"v":24.30622},{"u":"lat","t":60,"v":60.07965},'
              '{"t":120,"v":20.7},{"u":"lon","t":120,"v":24.30623},{"u":"lat","t":120,"v":60.07966},'
              '{"u":"%EL","t":150,"v":98},{"t":180,"v":21.2},{"u":"lon","t":180,"v":24.30628},'
              '{"u":"lat","t":180,"v":60.07967}]',
    "types": '[{"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},{"n":"label","vs":"Machine Room"},'
             '{"n":"open","vb":false},{"n":"nfc-reader","vd":"aGkgCg"}]',
    "collection": '[{"bn":"2001:db8::2/","bt":1.320078429e+09,"n":"temperature","u":"Cel","v":25.2},'
                  '{"n":"humidity","u":"%RH","v":30},{"bn":"2001:db8::1/","n":"temperature","u":"Cel","v":12.3},'
                  '{"n":"humidity","u":"%RH","v":67}]',
    "thermostat": '[{"bn":"urn:dev:ow:10e2073a01080063:"},{"n":"temp","u":"Cel","v":23.1},{"n":"heat","u":"/","v":1},'
                  '{"n":"fan","u":"/","v":0}]',
    "lights on": '[{"bt":1.320078429e+09,"bu":"/","n":"2001:db8::3","v":1},{"n":"2001:db8::4","v":1}]',
    "lights off": '[{"bt":1.320078429e+09,"bu":"/","n":"2001:db8::3","v":0.5},{"n":"2001:db8::4","v":0.5},'
                  '{"n":"2001:db8::3","t":0.1,"v":0},{"n":"2001:db8::4","t":0.1,"v":0}]',
}

OWN = {
    "sums": '[{"bn":"m/","bs":1000,"bu":"W","n":"a","s":2.5},{"n":"b","v":7,"s":-0.5},{"n":"c","v":1.25e-3}]',
    "base_value": '[{"bn":"m","bv":100,"v":0.5},{"v":-200},{"t":4},{"vs":"text stays"},{"bv":0,"v":3}]',
    "escapes": '[ {"n" : "note", "vs":"\\u00fc \\"dry\\"\\n\\ud83c\\udf31 / \\\\"},\t{"n":"b","vs":""} ]\n',
    "ignored": '[{"n":"a","v":1,"x":{"y":[1,{"z":null}],"q":"}"},"ct":"text"},{"n":"b","v":2,"e":[],"f":{}}]',
    "numbers": '[{"n":"a","v":-0.0},{"n":"b","v":5e-324},{"n":"c","v":1.7976931348623157e308},{"n":"d","v":65504},'
               '{"n":"e","v":-24},{"n":"f","v":4294967296},{"n":"g","v":0.1},{"n":"h","v":-2.5E+3},{"n":"i","v":6.1e-5}]',
    "bytes": '[{"n":"a","vd":""},{"n":"b","vd":"_-8"},{"n":"c","vd":"AAECAw"}]',
    "secondary": '[{"bver":26,"n":"a","u":"hPa","v":1013.25}]',
}


def unlabelled(pack, number):
    def value(label, value):
        if label == "vd":
            return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        return number(value) if isinstance(value, float) else value

    return [{LABELS.get(k, k): value(k, v) for k, v in record.items()} for record in pack]


def resolved(pack):
    base = {}
    for record in pack:
        base.update({k: v for k, v in record.items() if k[0] == "b"})
        regular = {k: v for k, v in record.items() if k[0] != "b"}
        if not regular and "bv" not in base and "bs" not in base:
            continue
        total = regular.get("s", 0) + base.get("bs", 0) if "s" in regular or "bs" in base else None
        other = [k for k in ("vs", "vb", "vd") if k in regular]
        if other:
            kind, value = other[0], regular[other[0]]
        elif "v" in regular or ("bv" in base and "s" not in regular):
            kind, value = "v", float(regular.get("v", 0.0) + base.get("bv", 0)) if "bv" in base else float(regular["v"])
        else:
            kind, value = "-", None
        if kind == "vs":
            value = value.encode().hex()
        if kind == "vd":
            value = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
        yield [
            base.get("bn", "") + regular.get("n", ""),
            regular.get("u", base.get("bu", "-")),
            kind,
            "-" if value is None else str(value).lower() if kind == "vb" else repr(value) if kind == "v" else value,
            "-" if total is None else repr(float(total)),
            repr(float(base.get("bt", 0)) + float(regular.get("t", 0))),
        ]


def drawn(random):
    """Packs of random numbers: the digits of one float are those of the next implementation."""
    records = []
    for i in range(40):
        digits = random.randrange(1, 10 ** random.randrange(1, 17))
        records.append({"n": f"r{i}", "v": float(f"{random.choice(['', '-'])}{digits}e{random.randrange(-30, 12)}")})
    return json.dumps(records, separators=(",", ":"))


def main():
    packs = RFC | OWN | {f"drawn{seed}": drawn(random.Random(seed)) for seed in range(3)}
    lines = []
    for name, text in packs.items():
        pack = json.loads(text)
        plain = cbor2.dumps(unlabelled(pack, float)).hex()
        fractions = cbor2.dumps(unlabelled(pack, lambda v: decimal.Decimal(repr(v)) if v else v)).hex()
        escaped = text.replace("\t", " ").replace("\n", " ")
        lines.append("\t".join(["pack", name, escaped, plain, fractions]))
        lines += ["\t".join(["record", *row]) for row in resolved(pack)]
    pathlib.Path(__file__).with_name("packs.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


main()
