//! One module for each behaviour. What a behaviour returns is the reason with which its person is skipped.

macro_rules! behaviours {
    ($($name:ident)*) => {
        $(mod $name;)*

        /// Behaves as it is told to.
        pub(crate) fn run(name: &str, argument: &str) -> String {
            match name {
                $(stringify!($name) => $name::run(argument),)*
                _ => format!("there is no behaviour {name}"),
            }
        }
    };
}

with_behaviours!(behaviours);

pub(crate) use break_pack::pack as broken_pack;
