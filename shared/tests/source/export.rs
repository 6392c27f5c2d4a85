//! Files that go out.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::*;
use cutover_core::Kind;
use cutover_core::convert::Converter;
use cutover_core::export::ParquetExport;
use cutover_core::source::{ParquetSource, RowSource};
use cutover_core::types::ColumnType;
use tempfile::tempdir;

use crate::support::*;

fn column(name: &str, ty: ColumnType) -> (String, ColumnType) {
    (name.to_owned(), ty)
}

/// A file that goes out comes back with the same values and natural types.
#[test]
fn round_trip() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("out.parquet");
    let exact = |limit| ColumnType::Numeric { limit, exact: true };
    let columns = [
        column("bool", ColumnType::Bool),
        column("int2", ColumnType::Int2),
        column("int4", ColumnType::Int4),
        column("int8", ColumnType::Int8),
        column("float4", ColumnType::Float4),
        column("float8", ColumnType::Float8),
        column("num", exact(Some((10, 2)))),
        column("free", exact(None)),
        column("text", ColumnType::Text { max_chars: None }),
        column("bytes", ColumnType::Bytes),
        column("date", ColumnType::Date),
        column("time", ColumnType::Time),
        column("local", ColumnType::Timestamp),
        column("instant", ColumnType::TimestampTz),
        column("uuid", ColumnType::Uuid),
        column("json", ColumnType::Json),
    ];
    let source: ArrayRef = Arc::new(StringArray::from(vec![Some("1"), None, Some("0")]));
    let texts = |ty: &ColumnType| -> ArrayRef {
        Arc::new(StringArray::from(match ty {
            ColumnType::Date => vec![Some("2013-01-31"), None, Some("0001-01-01")],
            ColumnType::Time => vec![Some("05:00:00.000001"), None, Some("24:00:00")],
            ColumnType::Timestamp => vec![Some("2013-01-31 05:00"), None, Some("1582-10-05T00:00:00.123456")],
            ColumnType::TimestampTz => {
                vec![Some("2013-01-31 05:00+01"), None, Some("294247-01-10 04:00:54.775807Z")]
            }
            ColumnType::Uuid => vec![
                Some("01234567-89ab-cdef-0123-456789abcdef"),
                None,
                Some("{00000000000000000000000000000000}"),
            ],
            ColumnType::Json => vec![Some("{\"a\": [1, null]}"), None, Some("null")],
            ColumnType::Bytes => vec![Some("\\x00ff"), None, Some("\\x")],
            ColumnType::Numeric { limit: Some(_), .. } => vec![Some("99999999.99"), None, Some("-0.01")],
            ColumnType::Numeric { .. } => {
                vec![Some("123456789012345678901234567890.123456789012345678901"), None, Some("0.00")]
            }
            _ => return source.clone(),
        }))
    };
    let arrays: Vec<ArrayRef> = columns
        .iter()
        .map(|(name, ty)| {
            let converted = Converter::new(&DataType::Utf8, ty, &POSTGRES).unwrap().convert(&texts(ty));
            assert_eq!(converted.bad, vec![], "{name}");
            assert_eq!(converted.array.data_type(), &ty.arrow(), "{name}");
            converted.array
        })
        .collect();
    let fields: Vec<Field> = columns.iter().map(|(name, ty)| Field::new(name, ty.arrow(), true)).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
    let mut export = ParquetExport::create(&path, false, &columns).unwrap();
    export.write(&batch).unwrap();
    export.write(&batch).unwrap();
    assert!(!path.exists());
    assert_eq!(export.finish().unwrap(), 6);

    let mut source = ParquetSource::open(vec![path]).unwrap();
    for (found, (name, ty)) in source.columns().iter().zip(&columns) {
        let expected = match ty {
            ColumnType::Numeric { limit: None, .. } => &ColumnType::Text { max_chars: None },
            ty => ty,
        };
        assert_eq!(&found.natural, expected, "{name}");
    }
    let naturals: Vec<ColumnType> = source.columns().iter().map(|c| c.natural.clone()).collect();
    let back = source.next().unwrap().unwrap().batch;
    assert_eq!(back.num_rows(), 6);
    for (at, ty) in naturals.iter().enumerate() {
        let array = back.column(at);
        let converted = Converter::new(array.data_type(), ty, &POSTGRES).unwrap().convert(array);
        assert_eq!(converted.bad, vec![], "{}", columns[at].0);
        assert_eq!(&converted.array.slice(0, 3), batch.column(at), "{}", columns[at].0);
        assert_eq!(&converted.array.slice(3, 3), batch.column(at), "{}", columns[at].0);
    }
    assert!(source.next().unwrap().is_none());
}

#[test]
fn export_leaves_nothing_and_overwrites_nothing() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("out.parquet");
    let columns = [column("a", ColumnType::Int4)];
    drop(ParquetExport::create(&path, false, &columns).unwrap());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    let late = ParquetExport::create(&path, false, &columns).unwrap();
    fs::write(&path, "mine").unwrap();
    assert_eq!(late.finish().unwrap_err().kind, Kind::DuplicateFile);
    assert_eq!(ParquetExport::create(&path, false, &columns).unwrap_err().kind, Kind::DuplicateFile);
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    assert_eq!(ParquetExport::create(&path, true, &columns).unwrap().finish().unwrap(), 0);
    assert_eq!(ParquetSource::open(vec![path.clone()]).unwrap().total_rows(), 0);
    let create = |path: &Path, columns: &[_]| ParquetExport::create(path, true, columns).unwrap_err().kind;
    assert_eq!(create(&dir.path().join("none/out"), &columns), Kind::UndefinedFile);
    assert_eq!(create(dir.path(), &columns), Kind::WrongObjectType);
    assert_eq!(create(&path, &[columns[0].clone(), columns[0].clone()]), Kind::DuplicateColumn);
    assert_eq!(create(&path, &[]), Kind::InvalidParameter);
}
