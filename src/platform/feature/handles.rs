//! Handles that features provide for their handlers and for each other, found by type.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

/// One handle of each type.
#[derive(Debug, Default)]
pub struct Handles(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl Handles {
    /// The handle of this type; none if no feature provides it.
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.0.get(&TypeId::of::<T>()).cloned().and_then(|handle| handle.downcast().ok())
    }

    /// Provides a handle; another one of its type is replaced.
    pub fn insert<T: Send + Sync + 'static>(&mut self, handle: Arc<T>) {
        self.0.insert(TypeId::of::<T>(), handle);
    }
}
