//! The configured step of a component's instance. Used by the export macros.

use std::cell::RefCell;
use std::rc::Rc;

/// Holds the step between `configure` and the calls after it.
#[derive(Debug)]
pub struct Instance<T>(RefCell<Option<Rc<T>>>);

impl<T> Instance<T> {
    /// Nothing configured yet.
    pub const fn new() -> Self {
        Instance(RefCell::new(None))
    }

    /// Keeps the configured step, in place of one before it.
    pub fn set(&self, step: T) {
        self.0.replace(Some(Rc::new(step)));
    }

    /// The configured step.
    ///
    /// # Panics
    ///
    /// When there is none: the host called a function before a successful `configure`. Any answer would be made up (no groups
    /// for anybody, say), so the call ends.
    #[allow(clippy::panic, reason = "the host broke the contract, and no answer would be true")]
    pub fn get(&self) -> Rc<T> {
        match &*self.0.borrow() {
            Some(step) => Rc::clone(step),
            None => panic!("the step was called before it was configured"),
        }
    }
}

impl<T> Default for Instance<T> {
    fn default() -> Self {
        Instance::new()
    }
}
