//! `models`: language models of the project.

use super::record::record;

record! {
    /// A language model of the project.
    pub struct Model {
        /// Name.
        pub name: Option<String>,
        /// The model's artifact.
        pub model: Option<String>,
        /// Size of its context.
        pub context_size: i64,
        /// Flags of its runtime.
        pub runtime_flags: Vec<String>,
    }
}

record! {
    /// How a service learns of a model.
    pub struct ServiceModel {
        /// Variable that gets its address.
        pub endpoint_var: Option<String>,
        /// Variable that gets its name.
        pub model_var: Option<String>,
    }
}
