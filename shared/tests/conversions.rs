//! A table of conversions: what goes in, and what comes out or which error.

mod support;

use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::*;
use cutover_core::convert::{Converter, Options, natural, text};
use cutover_core::types::ColumnType as C;
use support::*;

/// The result of converting the first value: its text, or `SQLSTATE: reason`.
fn one(array: impl Array + 'static, to: &C, opts: &Options) -> String {
    let array: ArrayRef = Arc::new(array);
    let converter = match Converter::new(array.data_type(), to, opts) {
        Ok(converter) => converter,
        Err(error) => return format!("! {}", code(&error)),
    };
    let converted = converter.convert(&array);
    assert_eq!(converted.array.len(), array.len());
    match converted.bad.first() {
        Some(bad) => {
            assert!(converted.array.is_null(0));
            bad.kind.sqlstate().to_owned()
        }
        None => show(&converted.array, 0),
    }
}

fn text_of(value: &str, to: &C) -> String {
    one(StringArray::from(vec![value]), to, &POSTGRES)
}

const TEXT: C = C::Text { max_chars: None };

fn numeric(precision: u16, scale: i16) -> C {
    C::Numeric { limit: Some((precision, scale)), exact: true }
}

const FREE: C = C::Numeric { limit: None, exact: true };
const INEXACT: C = C::Numeric { limit: None, exact: false };

fn decimal(value: i128, precision: u8, scale: i8) -> Decimal128Array {
    Decimal128Array::from(vec![value]).with_precision_and_scale(precision, scale).unwrap()
}

#[test]
fn text_to_anything() {
    let long = "9".repeat(50);
    let cases: &[(&str, C, &str)] = &[
        (" true ", C::Bool, "true"),
        ("F", C::Bool, "false"),
        ("2", C::Bool, "22P02"),
        ("-32768", C::Int2, "-32768"),
        ("32768", C::Int2, "22003"),
        ("+7", C::Int4, "7"),
        ("1.0", C::Int4, "22P02"),
        ("", C::Int4, "22P02"),
        ("9223372036854775807", C::Int8, "9223372036854775807"),
        ("9223372036854775808", C::Int8, "22003"),
        (&long, C::Int8, "22003"),
        ("1e300", C::Float8, "1e300"),
        ("1e400", C::Float8, "22003"),
        ("-Infinity", C::Float8, "-Infinity"),
        ("NaN", C::Float8, "NaN"),
        ("1e39", C::Float4, "22003"),
        ("0.1", C::Float4, "0.1"),
        ("x", C::Float8, "22P02"),
        ("1.50", numeric(5, 2), "1.50"),
        ("1.505", numeric(5, 2), "22003"),
        ("1.500", numeric(5, 2), "1.50"),
        ("12345", numeric(5, 2), "22003"),
        ("1e2", numeric(5, 2), "100.00"),
        ("1e-2", numeric(5, 2), "0.01"),
        ("-0", numeric(5, 2), "0.00"),
        ("1e999999999", FREE, "22003"),
        ("1e99999999999999", FREE, "22003"),
        ("001.2300", FREE, "1.2300"),
        (".5", FREE, "0.5"),
        ("5.", FREE, "5"),
        (".", FREE, "22P02"),
        ("1e", FREE, "22P02"),
        ("NaN", FREE, "22003"),
        ("1200", C::Numeric { limit: Some((2, -2)), exact: true }, "1200"),
        ("1250", C::Numeric { limit: Some((2, -2)), exact: true }, "22003"),
        ("123456789012345", INEXACT, "123456789012345"),
        ("1.234567890123456", INEXACT, "22003"),
        ("1234567890123456789", INEXACT, "1234567890123456789"),
        ("12345678901234567890", INEXACT, "22003"),
        ("2013-01-31", C::Date, "2013-01-31"),
        ("2013-02-29", C::Date, "22008"),
        ("2012-02-29", C::Date, "2012-02-29"),
        ("1900-02-29", C::Date, "22008"),
        ("31.01.2013", C::Date, "22P02"),
        ("2013-01-31 00:00", C::Date, "22P02"),
        ("05:00", C::Time, "05:00:00"),
        ("05:00:00.1", C::Time, "05:00:00.100"),
        ("05:00:00.123456", C::Time, "05:00:00.123456"),
        ("25:00:00", C::Time, "22P02"),
        ("24:00:00", C::Time, "24:00:00"),
        ("2013-01-31T05:00:00Z", C::Timestamp, "2013-01-31 05:00:00.000"),
        ("2013-01-31 05:00:00+02", C::Timestamp, "2013-01-31 03:00:00.000"),
        ("2013-01-31 05:00:00.123456", C::Timestamp, "2013-01-31 05:00:00.123456"),
        ("2013-01-31 05:00:00+02:30", C::TimestampTz, "2013-01-31 02:30:00.000Z"),
        ("2013-01-31 05:00:00", C::TimestampTz, "22023"),
        ("2013-01-31 05:00:00 nowhere", C::TimestampTz, "22P02"),
        ("300000-01-01", C::Timestamp, "22008"),
        ("-4800-01-01", C::Date, "22008"),
        ("-0043-03-15", C::Date, "0044-03-15 BC"),
        ("0000-01-01", C::Date, "22008"),
        ("-0000-12-31", C::Date, "22008"),
        ("0000-01-01T00:00:00", C::Timestamp, "22008"),
        ("0000-12-31 23:00:00Z", C::TimestampTz, "22008"),
        ("0001-01-01", C::Date, "0001-01-01"),
        ("01234567-89AB-cdef-0123-456789abcdef", C::Uuid, "01234567-89ab-cdef-0123-456789abcdef"),
        ("01234567-89ab-cdef-0123-456789abcde", C::Uuid, "22P02"),
        ("\\x00Ff", C::Bytes, "\\x00ff"),
        ("\\x0", C::Bytes, "22P02"),
        ("00", C::Bytes, "22P02"),
        ("{\"a\":[1,2,{}]}", C::Json, "{\"a\":[1,2,{}]}"),
        ("{\"a\":1", C::Json, "22P02"),
        ("\"\\u0000\"", C::Json, "22021"),
        ("\"\\\\u0000\"", C::Json, "\"\\\\u0000\""),
        ("", C::Json, "22P02"),
        ("äöü", C::Text { max_chars: Some(3) }, "äöü"),
        ("äöüß", C::Text { max_chars: Some(3) }, "22001"),
        ("a\0b", TEXT, "22021"),
        ("a\0b", C::Other, "22021"),
        ("P1D", C::Other, "P1D"),
        ("as it is", C::Any, "as it is"),
    ];
    for (value, to, expected) in cases {
        assert_eq!(text_of(value, to), *expected, "{value:?} to {to:?}");
    }
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(text_of(&deep(100), &C::Json), deep(100));
    assert_eq!(text_of(&deep(200), &C::Json), "22P02");
}

#[test]
fn numbers() {
    macro_rules! case {
        ($array:expr, $to:expr, $expected:expr) => {
            assert_eq!(one($array, &$to, &POSTGRES), $expected, "{} to {:?}", stringify!($array), $to)
        };
    }
    case!(Int64Array::from(vec![40_000]), C::Int2, "22003");
    case!(Int64Array::from(vec![-5]), C::Int2, "-5");
    case!(Int32Array::from(vec![5]), C::Int8, "5");
    case!(Int8Array::from(vec![-5]), C::Int4, "-5");
    case!(UInt64Array::from(vec![u64::MAX]), C::Int8, "22003");
    case!(UInt64Array::from(vec![u64::MAX]), numeric(20, 0), "18446744073709551615");
    case!(UInt64Array::from(vec![u64::MAX]), FREE, "18446744073709551615");
    case!(UInt64Array::from(vec![u64::MAX]), C::Any, "18446744073709551615");
    case!(UInt32Array::from(vec![u32::MAX]), C::Int4, "22003");
    case!(Int32Array::from(vec![1]), C::Bool, "true");
    case!(Int32Array::from(vec![2]), C::Bool, "22003");
    case!(BooleanArray::from(vec![true]), C::Int4, "1");
    case!(BooleanArray::from(vec![true]), TEXT, "true");
    case!(BooleanArray::from(vec![true]), C::Float8, "! 42804");
    case!(Int64Array::from(vec![(1 << 53) + 1]), C::Float8, "22003");
    case!(Int64Array::from(vec![1 << 53]), C::Float8, "9007199254740992.0");
    case!(Int32Array::from(vec![(1 << 24) + 1]), C::Float4, "22003");
    case!(Int64Array::from(vec![123]), numeric(5, 2), "123.00");
    case!(Int64Array::from(vec![1234]), numeric(5, 2), "22003");
    case!(Int64Array::from(vec![7]), C::Json, "7");
    case!(Int64Array::from(vec![7]), C::Date, "! 42804");
    case!(Int64Array::from(vec![1234]), C::Text { max_chars: Some(3) }, "22001");
    case!(Float64Array::from(vec![2.0]), C::Int4, "2");
    case!(Float64Array::from(vec![2.5]), C::Int4, "22003");
    case!(Float64Array::from(vec![f64::NAN]), C::Int4, "22003");
    case!(Float64Array::from(vec![1e300]), C::Int8, "22003");
    case!(Float64Array::from(vec![9.3e18]), C::Int8, "22003");
    case!(Float64Array::from(vec![1e39]), C::Float4, "22003");
    case!(Float64Array::from(vec![1e-50]), C::Float4, "22003");
    case!(Float64Array::from(vec![f64::INFINITY]), C::Float4, "Infinity");
    case!(Float64Array::from(vec![0.1]), C::Float4, "0.1");
    case!(Float64Array::from(vec![2.345]), numeric(5, 2), "2.35");
    case!(Float64Array::from(vec![-2.5]), numeric(5, 0), "-3");
    case!(Float64Array::from(vec![999.995]), numeric(5, 2), "22003");
    case!(Float64Array::from(vec![0.001]), numeric(5, 2), "0.00");
    case!(Float64Array::from(vec![0.1]), FREE, "0.1");
    case!(Float64Array::from(vec![100.0]), FREE, "100");
    case!(Float64Array::from(vec![1e21]), FREE, "1000000000000000000000");
    case!(Float64Array::from(vec![f64::NAN]), FREE, "22003");
    case!(Float64Array::from(vec![f64::INFINITY]), numeric(5, 2), "22003");
    case!(Float64Array::from(vec![0.1 + 0.2]), INEXACT, "0.30000000000000004");
    case!(Float32Array::from(vec![0.1]), C::Float8, "0.10000000149011612");
    case!(Float32Array::from(vec![0.1]), FREE, "0.1");
    case!(Float32Array::from(vec![0.1]), TEXT, "0.1");
    case!(Float64Array::from(vec![f64::NAN]), C::Json, "22003");
    case!(decimal(12_345, 9, 2), numeric(9, 2), "123.45");
    case!(decimal(12_345, 9, 2), numeric(5, 2), "123.45");
    case!(decimal(12_345, 9, 2), numeric(4, 2), "22003");
    case!(decimal(12_345, 9, 2), numeric(9, 1), "22003");
    case!(decimal(12_340, 9, 2), numeric(9, 1), "123.4");
    case!(decimal(12_345, 9, 2), numeric(38, 20), "123.45000000000000000000");
    case!(decimal(12_345, 9, 2), numeric(50, 4), "123.4500");
    case!(decimal(12_345, 9, 2), FREE, "123.45");
    case!(decimal(1_234_567_890_123_456, 20, 2), INEXACT, "22003");
    case!(decimal(1_234_567_890_123_450, 20, 2), INEXACT, "12345678901234.50");
    case!(decimal(12_300, 9, 2), C::Int4, "123");
    case!(decimal(12_345, 9, 2), C::Int4, "22003");
    case!(decimal(12_345, 9, 2), C::Float8, "123.45");
    case!(decimal(-5, 9, 2), TEXT, "-0.05");
    case!(decimal(5, 9, 2), C::Bool, "! 42804");
    let wide =
        || Decimal256Array::from(vec![i256::from_i128(12_345)]).with_precision_and_scale(60, 3).unwrap();
    case!(wide(), numeric(60, 3), "12.345");
    case!(wide(), numeric(10, 3), "12.345");
    case!(wide(), numeric(10, 2), "22003");
    case!(wide(), C::Int4, "22003");
    case!(wide(), C::Float8, "12.345");
    assert_eq!(one(Float64Array::from(vec![f64::NAN]), &C::Float8, &SQLITE), "22003");
    assert_eq!(one(Float32Array::from(vec![f32::NAN]), &C::Float4, &SQLITE), "22003");
    assert_eq!(one(Float64Array::from(vec![f64::NAN]), &C::Float8, &POSTGRES), "NaN");
}

#[test]
fn moments() {
    let berlin = Options { time_zone: Some(chrono_tz::Europe::Berlin), ..POSTGRES };
    let local = |micros| TimestampMicrosecondArray::from(vec![micros]);
    let instant = |micros| TimestampMicrosecondArray::from(vec![micros]).with_timezone("Europe/Berlin");
    let micros = |text: &str| {
        let array: ArrayRef = Arc::new(StringArray::from(vec![text]));
        let converted = Converter::new(&DataType::Utf8, &C::Timestamp, &POSTGRES).unwrap().convert(&array);
        converted.array.as_primitive::<TimestampMicrosecondType>().value(0)
    };
    assert_eq!(one(local(0), &C::TimestampTz, &POSTGRES), "! 22023");
    assert_eq!(one(local(micros("2013-07-01 12:00")), &C::TimestampTz, &berlin), "2013-07-01 10:00:00.000Z");
    // In spring 02:30 does not exist, in autumn it exists twice.
    assert_eq!(one(local(micros("2013-03-31 02:30")), &C::TimestampTz, &berlin), "22008");
    assert_eq!(one(local(micros("2013-10-27 02:30")), &C::TimestampTz, &berlin), "2013-10-27 00:30:00.000Z");
    assert_eq!(one(Date32Array::from(vec![0]), &C::TimestampTz, &berlin), "1969-12-31 23:00:00.000Z");
    assert_eq!(one(Date32Array::from(vec![0]), &C::TimestampTz, &POSTGRES), "! 22023");
    assert_eq!(
        one(StringArray::from(vec!["2013-07-01 12:00"]), &C::TimestampTz, &berlin),
        "2013-07-01 10:00:00.000Z"
    );
    assert_eq!(one(instant(1_500_000), &C::Timestamp, &POSTGRES), "1970-01-01 00:00:01.500");
    assert_eq!(one(instant(1_500_000), &C::TimestampTz, &POSTGRES), "1970-01-01 00:00:01.500Z");
    assert_eq!(one(instant(1_500_000), &TEXT, &POSTGRES), "1970-01-01 00:00:01.500Z");
    assert_eq!(one(local(1), &C::Date, &POSTGRES), "22008");
    assert_eq!(one(local(-86_400_000_000), &C::Date, &POSTGRES), "1969-12-31");
    assert_eq!(one(Date32Array::from(vec![-1]), &C::Timestamp, &POSTGRES), "1969-12-31 00:00:00.000");
    assert_eq!(one(Date32Array::from(vec![2_932_897]), &C::Date, &POSTGRES), "10000-01-01");
    assert_eq!(one(Date32Array::from(vec![2_932_897]), &C::Date, &SQLITE), "22008");
    assert_eq!(one(Date32Array::from(vec![i32::MIN]), &C::Date, &POSTGRES), "22008");
    assert_eq!(one(Date32Array::from(vec![i32::MAX]), &C::Timestamp, &POSTGRES), "22008");
    assert_eq!(one(local(i64::MIN), &C::Timestamp, &POSTGRES), "22008");
    assert_eq!(one(local(i64::MAX), &C::Timestamp, &SQLITE), "22008");
    assert_eq!(one(TimestampSecondArray::from(vec![i64::MAX]), &C::Timestamp, &POSTGRES), "22008");
    assert_eq!(
        one(TimestampMillisecondArray::from(vec![1]), &C::Timestamp, &POSTGRES),
        "1970-01-01 00:00:00.001"
    );
    assert_eq!(
        one(TimestampNanosecondArray::from(vec![-1]), &C::Timestamp, &POSTGRES),
        "1969-12-31 23:59:59.999999"
    );
    assert_eq!(
        one(TimestampNanosecondArray::from(vec![1_999]), &TEXT, &POSTGRES),
        "1970-01-01 00:00:00.000001"
    );
    assert_eq!(one(Time64MicrosecondArray::from(vec![86_400_000_001]), &C::Time, &POSTGRES), "22008");
    assert_eq!(one(Time32MillisecondArray::from(vec![-1]), &C::Time, &POSTGRES), "22008");
    assert_eq!(one(Time32MillisecondArray::from(vec![1]), &C::Time, &POSTGRES), "00:00:00.001");
    assert_eq!(one(Time32MillisecondArray::from(vec![1]), &C::Timestamp, &POSTGRES), "! 42804");
    assert_eq!(one(local(0), &C::Int8, &POSTGRES), "! 42804");
}

#[test]
fn bytes_and_nested() {
    assert_eq!(one(BinaryArray::from(vec![&b"\xff"[..]]), &TEXT, &POSTGRES), "22021");
    assert_eq!(one(BinaryArray::from(vec![&b"abc"[..]]), &TEXT, &POSTGRES), "abc");
    assert_eq!(one(BinaryArray::from(vec![&b"{}"[..]]), &C::Json, &POSTGRES), "{}");
    assert_eq!(one(BinaryArray::from(vec![&b"\xff"[..]]), &C::Json, &POSTGRES), "22021");
    assert_eq!(one(BinaryArray::from(vec![&b"{"[..]]), &C::Json, &POSTGRES), "22P02");
    assert_eq!(one(BinaryArray::from(vec![&b"short"[..]]), &C::Uuid, &POSTGRES), "22P02");
    assert_eq!(one(BinaryArray::from(vec![&b"short"[..]]), &C::Int4, &POSTGRES), "! 42804");
    let uuid = || FixedSizeBinaryArray::try_from_iter([[0x11_u8; 16]].into_iter()).unwrap();
    assert_eq!(one(uuid(), &C::Uuid, &POSTGRES), "11111111-1111-1111-1111-111111111111");
    assert_eq!(one(uuid(), &TEXT, &POSTGRES), "11111111-1111-1111-1111-111111111111");
    assert_eq!(one(uuid(), &C::Bytes, &POSTGRES), format!("\\x{}", "11".repeat(16)));
    assert_eq!(one(NullArray::new(2), &C::Int4, &POSTGRES), "NULL");
    let dictionary: DictionaryArray<Int8Type> = vec!["a", "b"].into_iter().collect();
    assert_eq!(one(dictionary, &TEXT, &POSTGRES), "a");
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None])]);
    assert_eq!(one(lists.clone(), &C::Json, &POSTGRES), "[1,null]");
    assert_eq!(one(lists.clone(), &TEXT, &POSTGRES), "[1,null]");
    assert_eq!(one(lists.clone(), &C::Any, &POSTGRES), "[1,null]");
    assert_eq!(one(lists, &C::Int4, &POSTGRES), "! 42804");
    let mut map = MapBuilder::new(None, Int32Builder::new(), StringBuilder::new());
    map.keys().append_value(1);
    map.values().append_value("x");
    map.append(true).unwrap();
    assert_eq!(one(map.finish(), &C::Json, &POSTGRES), "[{\"key\":1,\"value\":\"x\"}]");
}

#[test]
fn what_fits_is_shared_and_what_does_not_is_null() {
    let array: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None, Some(3)]));
    let same = Converter::new(&DataType::Int32, &C::Int4, &POSTGRES).unwrap().convert(&array);
    assert_eq!(same.array.to_data().buffers()[0].as_ptr(), array.to_data().buffers()[0].as_ptr());
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("b")]));
    let same = Converter::new(&DataType::Utf8, &TEXT, &SQLITE).unwrap().convert(&texts);
    assert_eq!(same.array.to_data().buffers()[1].as_ptr(), texts.to_data().buffers()[1].as_ptr());
    let wide = "ä".repeat(100);
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("1"), None, Some(&wide), Some("4")]));
    let some = Converter::new(&DataType::Utf8, &C::Int4, &POSTGRES).unwrap().convert(&texts);
    assert_eq!(some.bad.len(), 1);
    assert_eq!((some.bad[0].row, some.bad[0].value.chars().count()), (2, 61));
    assert_eq!(some.array.null_count(), 2);
    // A later file may have another type.
    let other: ArrayRef = Arc::new(Int64Array::from(vec![7]));
    let converter = Converter::new(&DataType::Int32, &C::Int4, &POSTGRES).unwrap();
    assert_eq!(show(&converter.convert(&other).array, 0), "7");
    let never: ArrayRef = Arc::new(Date32Array::from(vec![Some(7), None]));
    let converted = converter.convert(&never);
    assert_eq!((converted.bad.len(), converted.bad[0].kind.sqlstate()), (1, "42804"));
}

#[test]
fn texts_of_values() {
    let text = |write: &dyn Fn(&mut String)| {
        let mut out = String::new();
        write(&mut out);
        out
    };
    assert_eq!(text(&|out| text::date(15_736, out)), "2013-01-31");
    assert_eq!(text(&|out| text::time(18_000_000_000, out)), "05:00:00");
    assert_eq!(text(&|out| text::time(18_000_123_000, out)), "05:00:00.123");
    assert_eq!(text(&|out| text::timestamp(1_359_608_400_000_000, out)), "2013-01-31 05:00:00.000");
    assert_eq!(text(&|out| text::timestamp_tz(-1, out)), "1969-12-31 23:59:59.999999Z");
    assert_eq!(text(&|out| text::timestamp(i64::MIN, out)), "290309-12-21 19:59:05.224192 BC");
    assert_eq!(text(&|out| text::decimal128(-5, 2, out)), "-0.05");
    assert_eq!(text(&|out| text::decimal128(12, -2, out)), "1200");
    assert_eq!(
        text(&|out| text::decimal128(i128::MIN, 38, out)),
        "-1.70141183460469231731687303715884105728"
    );
    assert_eq!(text(&|out| text::decimal128(1, 50, out)), format!("0.{}1", "0".repeat(49)));
    assert_eq!(text(&|out| text::float8(1.0, out)), "1.0");
    assert_eq!(text(&|out| text::float8(f64::NEG_INFINITY, out)), "-Infinity");
    assert_eq!(
        text(&|out| text::interval(IntervalMonthDayNano::new(1, 2, 3_004_000_000), out)),
        "P1M2DT3.004S"
    );
    assert_eq!(text(&|out| text::interval(IntervalMonthDayNano::new(0, 0, 0), out)), "PT0S");
    assert_eq!(
        text(&|out| text::interval(IntervalMonthDayNano::new(-13, 0, -60_000_000_000), out)),
        "P-1Y-1MT-1M"
    );
    // Every day of eight centuries goes to text and back.
    for day in (-150_000..150_000).step_by(7) {
        let date = text(&|out| text::date(day, out));
        assert_eq!(text_of(&date, &C::Date), date);
    }
}

#[test]
fn naturals() {
    assert_eq!(natural(&DataType::UInt32), C::Int8);
    assert_eq!(natural(&DataType::UInt8), C::Int2);
    assert_eq!(natural(&DataType::Float16), C::Float4);
    assert_eq!(natural(&DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8))), TEXT);
    assert_eq!(natural(&DataType::Time32(TimeUnit::Second)), C::Time);
    assert_eq!(natural(&DataType::new_list(DataType::Int8, true)), C::Json);
}
