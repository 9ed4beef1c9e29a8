//! Every reader reads back what was written, and answers a malformed file with an error.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use half::f16;
use ndarray::{Array2, array};
use nuthatch_datasets::read::{self, trec};
use nuthatch_datasets::{Error, Place};
use proptest::prelude::*;
use serde::Deserialize;
use tempfile::TempDir;

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).expect("the directory is writable");
        path
    }
}

fn gzipped(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

/// A version 1 file, padded as NumPy does it.
fn npy_file(element: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header =
        format!("{{'descr': '{element}', 'fortran_order': {order}, 'shape': {shape}, }}");
    while !(10 + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let length = u16::try_from(header.len()).expect("a short header");
    [
        b"\x93NUMPY\x01\x00".as_slice(),
        &length.to_le_bytes(),
        header.as_bytes(),
        data,
    ]
    .concat()
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

#[test]
fn npy_reads_float32_in_both_orders() {
    let files = Files::new();
    let data = floats(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let by_row = files.write("c.npy", npy_file("<f4", "False", "(2, 3)", &data));
    assert_eq!(
        read::npy(&by_row).unwrap(),
        array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    );
    let by_column = files.write("f.npy", npy_file("<f4", "True", "(2, 3)", &data));
    let transposed = read::npy(&by_column).unwrap();
    assert_eq!(transposed, array![[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]);
    assert!(transposed.is_standard_layout());
    let flat = files.write("1d.npy", npy_file("<f4", "False", "(6,)", &data));
    assert_eq!(read::npy(&flat).unwrap().dim(), (6, 1));
}

#[test]
fn npy_widens_float16() {
    let values = [0.0, 1.5, -65504.0, 6e-8, f32::INFINITY];
    let data: Vec<u8> = values
        .iter()
        .flat_map(|&x| f16::from_f32(x).to_le_bytes())
        .collect();
    let files = Files::new();
    let path = files.write("half.npy", npy_file("<f2", "False", "(1, 5)", &data));
    let expected = values.map(|x| f16::from_f32(x).to_f32());
    assert_eq!(
        read::npy(&path).unwrap(),
        Array2::from_shape_vec((1, 5), expected.to_vec()).unwrap()
    );
}

#[test]
fn npy_refuses_what_it_cannot_read() {
    let files = Files::new();
    let data = floats(&[1.0, 2.0]);
    for (element, shape) in [
        ("<f8", "(1,)"),
        (">f4", "(2,)"),
        ("|O", "(2,)"),
        ("<f4", "(3,)"),
        ("<f4", "(1,)"),
        ("<f4", "(1, 1, 2)"),
        ("<f4", "()"),
        ("<f4", "(-1,)"),
        ("<f4", "(9223372036854775807, 9223372036854775807)"),
        ("<f4", "(4611686018427387904, 4)"),
        ("<f4", "(99999999999999999999999,)"),
        ("<f4", "2"),
    ] {
        let path = files.write("bad.npy", npy_file(element, "False", shape, &data));
        let error = read::npy(&path).unwrap_err();
        assert_eq!(error.path, path, "{element} {shape}");
        assert!(matches!(error.place, Place::Byte(_)), "{error}");
    }
}

#[test]
fn npz_reads_an_array_by_its_name() {
    let files = Files::new();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, value, method) in [
        ("a", 1.0, zip::CompressionMethod::Stored),
        ("b", 2.0, zip::CompressionMethod::Deflated),
    ] {
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        archive.start_file(format!("{name}.npy"), options).unwrap();
        archive
            .write_all(&npy_file("<f4", "False", "(1, 1)", &floats(&[value])))
            .unwrap();
    }
    let path = files.write("two.npz", archive.finish().unwrap().into_inner());
    assert_eq!(read::npz(&path, "a").unwrap(), array![[1.0]]);
    assert_eq!(read::npz(&path, "b").unwrap(), array![[2.0]]);
    assert_eq!(
        read::npz(&path, "c").unwrap_err().place,
        Place::Member("c".to_owned())
    );
    assert!(read::npz(&files.write("no.npz", "no archive"), "a").is_err());
}

#[test]
fn fvecs_and_ivecs_read_back_what_was_written() {
    let files = Files::new();
    let path = files.write("vecs", "to be replaced");
    for rows in [
        array![[1.0, -2.5], [0.0, f32::MAX]],
        Array2::zeros((0, 0)),
        Array2::zeros((3, 0)),
    ] {
        read::write_fvecs(&path, &rows).unwrap();
        assert_eq!(read::fvecs(&path).unwrap(), rows);
    }
    let rows = array![[1, i32::MIN, 3], [4, 5, i32::MAX]];
    read::write_ivecs(&path, &rows).unwrap();
    assert_eq!(read::ivecs(&path).unwrap(), rows);
}

#[test]
fn bvecs_reads_bytes_as_floats() {
    let files = Files::new();
    let path = files.write("b", [3, 0, 0, 0, 0, 128, 255, 3, 0, 0, 0, 1, 2, 3]);
    assert_eq!(
        read::bvecs(&path).unwrap(),
        array![[0.0, 128.0, 255.0], [1.0, 2.0, 3.0]]
    );
}

#[test]
fn a_malformed_row_is_named_by_its_byte() {
    let files = Files::new();
    for (content, byte, reason) in [
        (&[1, 0, 0, 0, 7, 1, 0][..], 5, "cut short in a length"),
        (
            &[1, 0, 0, 0, 7, 2, 0, 0, 0, 8, 9],
            5,
            "a row of 2 among rows of 1",
        ),
        (&[2, 0, 0, 0, 7], 0, "cut short in a row"),
        (&[255, 255, 255, 255], 0, "a negative length"),
        (&[255, 255, 255, 127], 0, "cut short in a row"),
    ] {
        let path = files.write("bad.bvecs", content);
        assert_eq!(
            read::bvecs(&path),
            Err(Error::new(&path, Place::Byte(byte), reason))
        );
    }
}

#[derive(Debug, PartialEq, Deserialize)]
struct Line {
    n: u32,
}

#[test]
fn json_lines_are_read_plain_and_gzipped() {
    let files = Files::new();
    let content = b"{\"n\": 1}\n\n{\"n\": 2, \"more\": true}\r\n{\"n\": 3}";
    let expected = vec![Line { n: 1 }, Line { n: 2 }, Line { n: 3 }];
    assert_eq!(
        read::json_lines::<Line>(&files.write("a.jsonl", content)).unwrap(),
        expected
    );
    assert_eq!(
        read::json_lines::<Line>(&files.write("a.jsonl.gz", gzipped(content))).unwrap(),
        expected
    );
}

#[test]
fn a_malformed_json_line_is_named_by_its_number() {
    let files = Files::new();
    for bad in [
        "{\"n\": 1}\n{\"n\":",
        "\n{\"n\": -1}",
        "{\"n\": 1}\nnull\n{\"n\": 1}",
    ] {
        let error = read::json_lines::<Line>(&files.write("bad.jsonl", bad)).unwrap_err();
        assert_eq!(error.place, Place::Line(2), "{error}");
    }
    let whole = gzipped(b"{\"n\": 1}\n");
    let cut = files.write("cut.jsonl.gz", &whole[..whole.len() - 9]);
    assert!(read::json_lines::<Line>(&cut).is_err());
    assert!(read::json_lines::<Line>(&files.write("plain.jsonl.gz", "{\"n\": 1}")).is_err());
}

#[test]
fn an_error_tells_the_file_and_the_place() {
    let files = Files::new();
    let path = files.write("bad.jsonl", "{}");
    let told = read::json_lines::<Line>(&path).unwrap_err().to_string();
    assert!(
        told.starts_with(&format!("{}: line 1: missing field `n`", path.display())),
        "{told}"
    );
    let absent = read::text(&path.with_extension("absent")).unwrap_err();
    assert_eq!(absent.place, Place::Whole);
    let latin1 = read::text(&files.write("latin1", b"abc\xe9")).unwrap_err();
    assert_eq!(latin1.place, Place::Byte(3));
}

#[test]
fn smart_documents_have_their_fields() {
    let files = Files::new();
    let content = ".I 1\n.T\na wing in\na slipstream .\n.A\nb,m.\n.B\nj. 1958\n.W\nfirst\n.5 is no field\n.I 2\n.T\n.A\n.B\n.W\n";
    let documents = trec::smart_documents(&files.write("docs", content)).unwrap();
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[0].title, "a wing in a slipstream .");
    assert_eq!(documents[0].tags, ["b,m."]);
    assert_eq!(documents[0].body, "first .5 is no field");
    assert_eq!(
        (documents[1].id.as_str(), documents[1].body.as_str()),
        ("2", "")
    );
    for (bad, line) in [("text\n", 1), (".I 1\ntext\n", 2)] {
        let error = trec::smart_documents(&files.write("docs", bad)).unwrap_err();
        assert_eq!(error.place, Place::Line(line));
    }
}

#[test]
fn topics_are_numbered_by_their_position() {
    let files = Files::new();
    let content = "<?xml version='1.0'?>\n<xml>\n<top>\n<num> 2</num>\n<title>\nis a &lt; b\n&amp;amp; c .\n</title>\n</top>\n<top>\n<num> 365</num><title>d</title></top>\n</xml>\n";
    let queries = trec::topics(&files.write("q.xml", content)).unwrap();
    let told: Vec<(&str, &str)> = queries
        .iter()
        .map(|q| (q.id.as_str(), q.text.as_str()))
        .collect();
    assert_eq!(told, [("1", "is a < b &amp; c ."), ("2", "d")]);
    let bad = files.write("bad.xml", "<xml>\n<top><title>a</title></top>\n<top></top>");
    assert_eq!(trec::topics(&bad).unwrap_err().place, Place::Line(3));
}

#[test]
fn judgements_and_tab_separated_texts_are_read_by_line() {
    let files = Files::new();
    let judged =
        trec::judgements(&files.write("q", "1 0 184 1\nPLAIN-2\t0\tMED-10\t-1\n\n")).unwrap();
    assert_eq!(
        (
            judged[0].query.as_str(),
            judged[0].document.as_str(),
            judged[0].grade
        ),
        ("1", "184", 1)
    );
    assert_eq!(
        (
            judged[1].query.as_str(),
            judged[1].document.as_str(),
            judged[1].grade
        ),
        ("PLAIN-2", "MED-10", -1)
    );
    for bad in [
        "1 0 184 1\n1 0 184\n",
        "1 0 184 1\n1 0 184 x\n",
        "1 0 184 1\n1 0 1 1 1",
    ] {
        let error = trec::judgements(&files.write("q", bad)).unwrap_err();
        assert_eq!(error.place, Place::Line(2));
    }
    let texts = trec::tab_separated(&files.write("t", "a\tx y\nb\t\n")).unwrap();
    assert_eq!(
        texts,
        [
            ("a".to_owned(), "x y".to_owned()),
            ("b".to_owned(), String::new())
        ]
    );
    let error = trec::tab_separated(&files.write("t", "a\tx\nb\n")).unwrap_err();
    assert_eq!(error.place, Place::Line(2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_content_makes_a_reader_panic(
        content in prop::collection::vec(any::<u8>(), 0..200),
        header in "[{}'():, 0-9a-zTF<]{0,60}",
    ) {
        let files = Files::new();
        let path = files.write("any", &content);
        // Whatever the answer is: it is one.
        drop((read::npy(&path), read::npz(&path, "a"), read::fvecs(&path), read::ivecs(&path), read::bvecs(&path)));
        drop((read::json_lines::<Line>(&path), trec::smart_documents(&path), trec::topics(&path)));
        drop((trec::judgements(&path), trec::tab_separated(&path)));
        drop(read::bytes(&files.write("any.gz", &content)));
        let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({header}");
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        let file = [b"\x93NUMPY\x01\x00".as_slice(), &length, header.as_bytes(), &content].concat();
        drop(read::npy(&files.write("any.npy", file)));
    }
}
