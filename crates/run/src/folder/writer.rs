//! A thread that writes files, so that a training does not wait for the disk.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::folder::error::FolderError;

/// So many tasks may wait; then whoever has another one waits.
const WAITING: usize = 4;

type Task = Box<dyn FnOnce() -> Result<(), FolderError> + Send>;

/// Does tasks one after the other. What comes after a task that failed is not done.
pub(crate) struct Writer {
    tasks: Option<SyncSender<Task>>,
    thread: Option<JoinHandle<()>>,
    failure: Arc<Mutex<Option<FolderError>>>,
}

impl Writer {
    pub(crate) fn new() -> Writer {
        let (tasks, waiting) = sync_channel::<Task>(WAITING);
        let failure = Arc::new(Mutex::new(None));
        let its_failure = Arc::clone(&failure);
        let work = move || {
            for task in waiting {
                if let Err(error) = task() {
                    *its_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    return;
                }
            }
        };
        Writer { tasks: Some(tasks), thread: Some(thread::spawn(work)), failure }
    }

    /// Leaves a task to the thread.
    ///
    /// # Errors
    /// That of an earlier task.
    pub(crate) fn write(
        &mut self,
        task: impl FnOnce() -> Result<(), FolderError> + Send + 'static,
    ) -> Result<(), FolderError> {
        match self.tasks.as_ref().map(|tasks| tasks.send(Box::new(task))) {
            Some(Ok(())) => Ok(()),
            // The thread has ended, because a task failed.
            _ => self.finish(),
        }
    }

    /// Waits until all tasks are done.
    ///
    /// # Errors
    /// That of the task that failed.
    pub(crate) fn finish(&mut self) -> Result<(), FolderError> {
        self.tasks = None;
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}

impl Drop for Writer {
    /// What was begun is finished also where something else failed.
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
