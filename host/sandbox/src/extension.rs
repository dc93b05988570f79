//! What an application that embeds the host offers its components besides the contract.

use std::sync::Arc;

use wasmtime::component::{ComponentNamedList, Lift, LinkerInstance, Lower};

use crate::state::State;

/// An interface of the application's own. A step that is granted it may import it; all others are refused with its name.
///
/// ```
/// use rollcall_sandbox::Extension;
///
/// // interface badges { badge-of: func(person: string) -> option<string>; }
/// let badges = Extension::new("contoso:hr/badges@1.0.0", |functions| {
///     functions.add("badge-of", |(person,): (String,)| (Some(format!("B-{person}")),))
/// });
/// assert_eq!(badges.interface(), "contoso:hr/badges@1.0.0");
/// ```
#[derive(Clone)]
pub struct Extension {
    interface: Arc<str>,
    functions: Arc<Adding>,
}

/// What adds the functions of an interface to a linker.
type Adding = dyn Fn(&mut Functions<'_>) -> Result<(), ExtensionError> + Send + Sync;

/// A function that could not be offered, such as one of a name that is there already.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ExtensionError(wasmtime::Error);

/// The functions of an interface.
pub struct Functions<'a>(LinkerInstance<'a, State>);

impl Functions<'_> {
    /// Adds a function that answers at once. Parameters and results are tuples of the types of `wasmtime::component`: `(String,)` for
    /// `string`, `(Option<u32>,)` for `option<u32>`. They must be those that the interface declares; a component that declares others is
    /// refused when it is linked.
    ///
    /// # Errors
    /// When the interface has a function of this name.
    pub fn add<P, R>(
        &mut self,
        name: &str,
        function: impl Fn(P) -> R + Send + Sync + 'static,
    ) -> Result<(), ExtensionError>
    where
        P: ComponentNamedList + Lift + 'static,
        R: ComponentNamedList + Lower + 'static,
    {
        self.0.func_wrap(name, move |_, parameters: P| Ok(function(parameters))).map_err(ExtensionError)
    }

    /// Adds a function that waits for something. The time by the clock that the step may take goes on.
    ///
    /// # Errors
    /// When the interface has a function of this name.
    pub fn add_async<P, R, F>(
        &mut self,
        name: &str,
        function: impl Fn(P) -> F + Send + Sync + 'static,
    ) -> Result<(), ExtensionError>
    where
        P: ComponentNamedList + Lift + Send + Sync + 'static,
        R: ComponentNamedList + Lower + Send + Sync + 'static,
        F: Future<Output = R> + Send + 'static,
    {
        self.0
            .func_wrap_async(name, move |_, parameters: P| {
                let answer = function(parameters);
                Box::new(async move { Ok(answer.await) })
            })
            .map_err(ExtensionError)
    }
}

impl Extension {
    /// An interface by its whole name, with its version, and what adds its functions.
    pub fn new(
        interface: &str,
        functions: impl Fn(&mut Functions<'_>) -> Result<(), ExtensionError> + Send + Sync + 'static,
    ) -> Self {
        Self { interface: interface.into(), functions: Arc::new(functions) }
    }

    /// Its name, as a component imports it.
    pub fn interface(&self) -> &str {
        &self.interface
    }

    pub(crate) fn link(&self, linker: &mut wasmtime::component::Linker<State>) -> wasmtime::Result<()> {
        let mut functions = Functions(linker.instance(&self.interface)?);
        (self.functions)(&mut functions).map_err(|error| error.0)
    }
}

impl std::fmt::Debug for Extension {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Extension").field(&self.interface).finish()
    }
}

impl PartialEq for Extension {
    fn eq(&self, other: &Self) -> bool {
        self.interface == other.interface && Arc::ptr_eq(&self.functions, &other.functions)
    }
}

impl Eq for Extension {}
