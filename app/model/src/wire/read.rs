//! JSON deserialiser for serde. serde_json reads every struct as a map and as a list, and names
//! what it met instead in its errors: twice the code, in a browser part of which a quarter was such
//! readers. Here a struct is a map, and an error is a place.

use serde::de::value::{BorrowedStrDeserializer, StringDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use std::borrow::Cow;

use super::Unreadable;
use super::scanner::{Number, Text};

/// Reads one JSON value, the whole text.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    let mut text = Text { text, at: 0 };
    let value = T::deserialize(Reader(&mut text)).map_err(|error| error.or_at(text.at))?;
    match text.peek() {
        None => Ok(value),
        Some(_) => Err(text.expected("the end")),
    }
}

struct Reader<'t, 'a>(&'t mut Text<'a>);

impl<'a> Reader<'_, 'a> {
    fn list<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.0.take(b'[', "a list")?;
        let mut items = Items { text: self.0, first: true, over: false };
        let value = visitor.visit_seq(&mut items)?;
        // A tuple asks for as many as it has.
        if !items.over {
            items.text.take(b']', "the end of a list")?;
        }
        Ok(value)
    }

    fn map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.0.take(b'{', "a map")?;
        visitor.visit_map(Entries { text: self.0, first: true })
    }

    fn number<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0.number()? {
            Number::Whole(number) => visitor.visit_u64(number),
            Number::Negative(number) => visitor.visit_i64(number),
            Number::Real(number) => visitor.visit_f64(number),
        }
    }

    fn string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0.string()? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }
}

/// All these are read alike; what serde knows of the type beyond that is not needed.
macro_rules! by {
    ($how:ident: $($method:ident($($more:ty),*))*) => {
        $(fn $method<V: Visitor<'a>>(self, $(_: $more,)* visitor: V) -> Result<V::Value, Unreadable> {
            self.$how(visitor)
        })*
    };
}

type Names = &'static [&'static str];

impl<'a> Deserializer<'a> for Reader<'_, 'a> {
    type Error = Unreadable;

    by!(number: deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_u8()
        deserialize_u16() deserialize_u32() deserialize_u64() deserialize_f32() deserialize_f64());
    by!(string: deserialize_char() deserialize_str() deserialize_string() deserialize_identifier());
    by!(list: deserialize_seq() deserialize_tuple(usize) deserialize_tuple_struct(&'static str, usize));
    by!(map: deserialize_map() deserialize_struct(&'static str, Names));
    by!(deserialize_unit: deserialize_unit_struct(&'static str));

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0.peek() {
            Some(b'"') => self.string(visitor),
            Some(b'{') => self.map(visitor),
            Some(b'[') => self.list(visitor),
            Some(b'-' | b'0'..=b'9') => self.number(visitor),
            _ => match self.0.word()? {
                Some(value) => visitor.visit_bool(value),
                None => visitor.visit_unit(),
            },
        }
    }

    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0.word()? {
            Some(value) => visitor.visit_bool(value),
            None => Err(self.0.expected("true or false")),
        }
    }

    fn deserialize_unit<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0.word()? {
            None => visitor.visit_unit(),
            Some(_) => Err(self.0.expected("null")),
        }
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if self.0.peek() == Some(b'n') {
            self.0.word()?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: Names,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        if self.0.peek() == Some(b'"') {
            let name = self.0.string()?;
            return visitor.visit_enum(Variant { name, text: None });
        }
        self.0.take(b'{', "the name of a variant")?;
        let name = self.0.string()?;
        self.0.take(b':', "a colon")?;
        let value = visitor.visit_enum(Variant { name, text: Some(self.0) })?;
        self.0.take(b'}', "the end of a variant")?;
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.0.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { <V: Visitor<'a>> i128 u128 bytes byte_buf }
}

struct Items<'t, 'a> {
    text: &'t mut Text<'a>,
    first: bool,
    over: bool,
}

impl<'a> SeqAccess<'a> for &mut Items<'_, 'a> {
    type Error = Unreadable;

    fn next_element_seed<S: DeserializeSeed<'a>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unreadable> {
        if !self.text.another(&mut self.first, b']')? {
            self.over = true;
            return Ok(None);
        }
        seed.deserialize(Reader(self.text)).map(Some)
    }
}

struct Entries<'t, 'a> {
    text: &'t mut Text<'a>,
    first: bool,
}

impl<'a> MapAccess<'a> for Entries<'_, 'a> {
    type Error = Unreadable;

    fn next_key_seed<S: DeserializeSeed<'a>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unreadable> {
        if !self.text.another(&mut self.first, b'}')? {
            return Ok(None);
        }
        named(self.text.string()?, seed).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, Unreadable> {
        self.text.take(b':', "a colon")?;
        seed.deserialize(Reader(self.text))
    }
}

fn named<'a, S: DeserializeSeed<'a>>(name: Cow<'a, str>, seed: S) -> Result<S::Value, Unreadable> {
    match name {
        Cow::Borrowed(name) => seed.deserialize(BorrowedStrDeserializer::new(name)),
        Cow::Owned(name) => seed.deserialize(StringDeserializer::new(name)),
    }
}

struct Variant<'t, 'a> {
    name: Cow<'a, str>,
    /// What stands behind the name; None where there is nothing but the name.
    text: Option<&'t mut Text<'a>>,
}

impl<'t, 'a> EnumAccess<'a> for Variant<'t, 'a> {
    type Error = Unreadable;
    type Variant = Content<'t, 'a>;

    fn variant_seed<S: DeserializeSeed<'a>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Content<'t, 'a>), Unreadable> {
        Ok((named(self.name, seed)?, Content(self.text)))
    }
}

struct Content<'t, 'a>(Option<&'t mut Text<'a>>);

impl<'t, 'a> Content<'t, 'a> {
    fn there(self) -> Result<Reader<'t, 'a>, Unreadable> {
        self.0.map(Reader).ok_or(Unreadable::of("the content of a variant"))
    }
}

impl<'a> VariantAccess<'a> for Content<'_, 'a> {
    type Error = Unreadable;

    fn unit_variant(self) -> Result<(), Unreadable> {
        self.0.map_or(Ok(()), Text::skip)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<S::Value, Unreadable> {
        seed.deserialize(self.there()?)
    }

    fn tuple_variant<V: Visitor<'a>>(self, _: usize, visitor: V) -> Result<V::Value, Unreadable> {
        self.there()?.list(visitor)
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.there()?.map(visitor)
    }
}
