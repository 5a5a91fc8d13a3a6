//! Declarations of metrics. A metric exists only through its declaration, which has a help text: handles are asked of it, and clippy.toml
//! forbids the macros of the `metrics` crate, which would make one without.
//! - M1 The recorder has the help text of a metric before the first handle of it is made.

use std::sync::atomic::{AtomicBool, Ordering};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, with_recorder};

/// Recorders may filter by it; ours keeps everything.
static METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

macro_rules! family {
    ($(#[$doc:meta])* $family:ident, $handle:ident, $describe:ident, $register:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $family {
            name: &'static str,
            help: &'static str,
            is_described: AtomicBool,
        }

        impl $family {
            /// Declares it, in a `static`. Name and help text must not be empty; the name ends with its unit.
            pub const fn new(name: &'static str, help: &'static str) -> Self {
                assert!(!name.is_empty() && !help.is_empty(), "a metric needs a name and a help text");
                Self { name, help, is_described: AtomicBool::new(false) }
            }

            /// The name that a scrape shows.
            pub const fn name(&self) -> &'static str {
                self.name
            }

            /// The handle of the one series, for a metric without labels.
            pub fn get(&self) -> $handle {
                self.register(&Key::from_static_name(self.name))
            }

            /// The handle of the series with these labels. Label values come from closed sets: never user, order or SKU.
            pub fn with(&self, labels: &[(&'static str, &'static str)]) -> $handle {
                let labels: Vec<Label> = labels.iter().map(|(name, value)| Label::from_static_parts(name, value)).collect();
                self.register(&Key::from_parts(self.name, labels))
            }

            #[expect(clippy::disallowed_methods, reason = "the one place where metrics are made, with their help text")]
            fn register(&self, key: &Key) -> $handle {
                with_recorder(|recorder| {
                    // The process installs its recorder once, before anything is measured: the help text need not be told again.
                    if !self.is_described.load(Ordering::Relaxed) && !self.is_described.swap(true, Ordering::Relaxed) {
                        recorder.$describe(KeyName::from_const_str(self.name), None, self.help.into());
                    }
                    recorder.$register(key, &METADATA)
                })
            }
        }
    };
}

family!(
    /// Counters of one name: they only grow.
    CounterFamily,
    Counter,
    describe_counter,
    register_counter
);
family!(
    /// Gauges of one name: values that rise and fall.
    GaugeFamily,
    Gauge,
    describe_gauge,
    register_gauge
);
family!(
    /// Histograms of one name: how values are distributed.
    HistogramFamily,
    Histogram,
    describe_histogram,
    register_histogram
);
