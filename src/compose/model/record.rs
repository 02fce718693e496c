//! One list of fields per record of the specification: the struct, how it is read from a tree and
//! how it is written as JSON all follow from it.

/// Declares a record that is read and written. The fields stand in the order in which Compose
/// writes them; a key that Rust reserves is given with `as "key"`; `=> always` marks what Compose
/// writes even when it is empty, `=> in_json` what its YAML then leaves out. The `x-` keys come last. Fields after `with` are no keys of the file.
macro_rules! record {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty
                $(as $key:literal)? $(=> $always:ident)?,)*
        }
        $(with { $($extra:tt)* })?
    ) => {
        $crate::compose::model::record::readable! {
            $(#[$meta])*
            pub struct $name {
                $($(#[$field_meta])* pub $field: $type $(as $key)?,)*
            }
            $(with { $($extra)* })?
        }

        impl $crate::compose::model::encode::Encode for $name {
            fn encode(&self, out: &mut $crate::compose::model::encode::Writer) {
                out.open('{');
                $(out.field(
                    $crate::compose::model::record::key!($field $($key)?),
                    &self.$field,
                    $crate::compose::model::record::is_always!(out $($always)?),
                );)*
                out.extensions(&self.extensions);
                out.close('}');
            }

            fn is_zero(&self) -> bool {
                *self == Self::default()
            }
        }
    };
}

/// Declares a record that is read; how it is written depends on the release of Compose.
macro_rules! readable {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty $(as $key:literal)?,)*
        }
        $(with {
            $($(#[$extra_meta:meta])* $visibility:vis $extra:ident: $extra_type:ty,)*
        })?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// Its `x-` keys.
            pub extensions: $crate::compose::model::Extensions,
            $($($(#[$extra_meta])* $visibility $extra: $extra_type,)*)?
        }

        impl $name {
            /// The keys the specification knows here, in the order of the fields.
            pub const KEYS: &'static [&'static str] =
                &[$($crate::compose::model::record::key!($field $($key)?)),*];
        }

        impl $crate::compose::model::decode::Decode for $name {
            fn decode(
                node: &$crate::compose::document::Node,
                path: &$crate::compose::path::Path<'_>,
            ) -> Result<Self, $crate::compose::ComposeError> {
                let fields = $crate::compose::model::decode::Fields::of(node, path)?;
                Ok(Self {
                    $($field: fields.get($crate::compose::model::record::key!($field $($key)?))?,)*
                    extensions: fields.extensions(),
                    $($($extra: Default::default(),)*)?
                })
            }
        }
    };
}

macro_rules! key {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

macro_rules! is_always {
    ($out:ident) => {
        false
    };
    ($out:ident always) => {
        true
    };
    ($out:ident in_json) => {
        !$out.style.as_yaml
    };
}

pub(crate) use {is_always, key, readable, record};
