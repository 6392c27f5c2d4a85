//! One row set that holds every type the Parquet reader yields, with NULLs and extremes.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::*;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::arrow::{ArrowSchemaConverter, ArrowWriter};
use parquet::basic::{LogicalType, Repetition, Type as PhysicalType};
use parquet::schema::types::{SchemaDescriptor, Type};

/// Three rows: ordinary values, extremes, NULLs (only `id` is never NULL).
pub fn batch() -> RecordBatch {
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int32Array::from(vec![1, 2, 3]))),
        ("bool", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ("int8", Arc::new(Int8Array::from(vec![Some(1), Some(i8::MIN), None]))),
        ("int16", Arc::new(Int16Array::from(vec![Some(1), Some(i16::MIN), None]))),
        ("int32", Arc::new(Int32Array::from(vec![Some(1), Some(i32::MIN), None]))),
        ("int64", Arc::new(Int64Array::from(vec![Some(1), Some(i64::MIN), None]))),
        ("uint8", Arc::new(UInt8Array::from(vec![Some(1), Some(u8::MAX), None]))),
        ("uint16", Arc::new(UInt16Array::from(vec![Some(1), Some(u16::MAX), None]))),
        ("uint32", Arc::new(UInt32Array::from(vec![Some(1), Some(u32::MAX), None]))),
        ("uint64", Arc::new(UInt64Array::from(vec![Some(1), Some(u64::MAX), None]))),
        ("float32", Arc::new(Float32Array::from(vec![Some(1.5), Some(f32::MAX), None]))),
        ("float64", Arc::new(Float64Array::from(vec![Some(0.1), Some(f64::MIN_POSITIVE), None]))),
        ("text", Arc::new(StringArray::from(vec![Some("a | \"b\" 'c'"), Some("\u{1F980}\n"), None]))),
        ("large_text", Arc::new(LargeStringArray::from(vec![Some("large"), Some(""), None]))),
        (
            "text_view",
            Arc::new(StringViewArray::from(vec![Some("a view longer than twelve"), Some(""), None])),
        ),
        ("binary", Arc::new(BinaryArray::from(vec![Some(&b"\x00\xff"[..]), Some(&b""[..]), None]))),
        ("large_binary", Arc::new(LargeBinaryArray::from(vec![Some(&b"\x01"[..]), Some(&b""[..]), None]))),
        (
            "binary_view",
            Arc::new(BinaryViewArray::from(vec![Some(&b"thirteen bytes"[..]), Some(&b""[..]), None])),
        ),
        ("date", Arc::new(Date32Array::from(vec![Some(19_724), Some(-719_162), None]))),
        ("time_ms", Arc::new(Time32MillisecondArray::from(vec![Some(1), Some(86_399_999), None]))),
        ("time_us", Arc::new(Time64MicrosecondArray::from(vec![Some(1), Some(86_399_999_999), None]))),
        (
            "timestamp_ms",
            Arc::new(TimestampMillisecondArray::from(vec![Some(1), Some(-62_135_596_800_000), None])),
        ),
        (
            "timestamp_us",
            Arc::new(TimestampMicrosecondArray::from(vec![Some(1), Some(253_402_300_799_999_999), None])),
        ),
        (
            "timestamptz_us",
            Arc::new(TimestampMicrosecondArray::from(vec![Some(1), Some(-1), None]).with_timezone("UTC")),
        ),
        (
            "timestamptz_zone",
            Arc::new(
                TimestampMicrosecondArray::from(vec![Some(1), Some(-1), None]).with_timezone("Europe/Berlin"),
            ),
        ),
    ];
    columns.extend(decimals());
    columns.extend(nested());
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), *name != "id"))
        .collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("columns of one length")
}

fn decimals() -> Vec<(&'static str, ArrayRef)> {
    let decimal128 = |values: Vec<Option<i128>>, p, s| -> ArrayRef {
        Arc::new(Decimal128Array::from(values).with_precision_and_scale(p, s).expect("a decimal type"))
    };
    let wide = i256::from_i128(10i128.pow(37)).wrapping_mul(i256::from_i128(10i128.pow(38)));
    vec![
        ("decimal_9_2", decimal128(vec![Some(1234), Some(-999_999_999), None], 9, 2)),
        ("decimal_18_4", decimal128(vec![Some(12_345), Some(999_999_999_999_999_999), None], 18, 4)),
        ("decimal_38_10", decimal128(vec![Some(1), Some(10i128.pow(38) - 1), None], 38, 10)),
        (
            "decimal_76_0",
            Arc::new(
                Decimal256Array::from(vec![Some(i256::from(7)), Some(wide), None])
                    .with_precision_and_scale(76, 0)
                    .expect("a decimal type"),
            ),
        ),
    ]
}

fn nested() -> Vec<(&'static str, ArrayRef)> {
    let mut map = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    map.keys().append_value("one");
    map.values().append_value(1);
    map.append(true).expect("as many keys as values");
    map.append(true).expect("an empty map");
    map.append(false).expect("no map");
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
        Some(vec![Some(1), None, Some(3)]),
        Some(vec![]),
        None,
    ]);
    let names: ArrayRef = Arc::new(StringArray::from(vec![Some("Ann"), None, None]));
    let since: ArrayRef = Arc::new(Date32Array::from(vec![Some(19_724), None, None]));
    let members = Fields::from(vec![
        Field::new("name", DataType::Utf8, true),
        Field::new("since", DataType::Date32, true),
    ]);
    let person = StructArray::new(members, vec![names, since], Some(vec![true, true, false].into()));
    let people = {
        let one = StructArray::from(vec![(
            Arc::new(Field::new("n", DataType::Int64, true)),
            Arc::new(Int64Array::from(vec![Some(1), None, Some(3)])) as ArrayRef,
        )]);
        let item = Arc::new(Field::new("item", one.data_type().clone(), true));
        ListArray::new(
            item,
            OffsetBuffer::from_lengths([2, 1, 0]),
            Arc::new(one),
            Some(vec![true, true, false].into()),
        )
    };
    let uuid = FixedSizeBinaryArray::try_from_sparse_iter_with_size(
        [Some(*b"0123456789abcdef"), Some([0xff; 16]), None].into_iter(),
        16,
    )
    .expect("16 bytes each");
    let fixed = FixedSizeBinaryArray::try_from_sparse_iter_with_size(
        [Some(*b"abc"), Some([0; 3]), None].into_iter(),
        3,
    )
    .expect("3 bytes each");
    let words: DictionaryArray<Int32Type> = vec![Some("red"), Some("green"), None].into_iter().collect();
    vec![
        ("fixed_binary", Arc::new(fixed)),
        ("uuid", Arc::new(uuid)),
        ("dictionary", Arc::new(words)),
        ("list", Arc::new(list)),
        ("struct", Arc::new(person)),
        ("map", Arc::new(map.finish())),
        ("list_of_struct", Arc::new(people)),
    ]
}

/// Writes [`batch`] to a Parquet file in which the column `uuid` is one by its logical type, which
/// the Arrow writer alone would not say.
pub fn write(path: &Path) {
    let batch = batch();
    let schema = ArrowSchemaConverter::new().convert(&batch.schema()).expect("a Parquet schema");
    let fields = schema.root_schema().get_fields().iter().map(|field| {
        if field.name() != "uuid" {
            return field.clone();
        }
        let uuid = Type::primitive_type_builder("uuid", PhysicalType::FIXED_LEN_BYTE_ARRAY)
            .with_length(16)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(Some(LogicalType::Uuid))
            .build();
        Arc::new(uuid.expect("a column"))
    });
    let root =
        Type::group_type_builder("arrow_schema").with_fields(fields.collect()).build().expect("a schema");
    let options = ArrowWriterOptions::new()
        .with_parquet_schema(SchemaDescriptor::new(Arc::new(root)))
        .with_skip_arrow_metadata(false);
    let file = File::create(path).expect("the file can be made");
    let mut writer = ArrowWriter::try_new_with_options(file, batch.schema(), options).expect("a writer");
    writer.write(&batch).expect("rows are written");
    writer.close().expect("the file is closed");
}
