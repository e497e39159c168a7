//! One wish to explain, step by step: asked, previewed, running, done. The browser's half talks to the
//! server functions; without JavaScript a step begins as far as the server took it.

use leptos::prelude::*;
use model::explain::{Danger, Explained, NotExplained, Refusal, RunId};

use super::request::Sheet;
use super::{Outcome, Started};
use crate::pages::plan::analysis::{Paste, Shared};
use crate::pages::plan::state::Desk;

/// How far it is.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Nothing was asked.
    Idle,
    /// The preview is on its way.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "a form waits by itself"))]
    Asking,
    /// The statement is under way.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "a form waits by itself"))]
    Running(RunId),
    /// There is an answer.
    Done(Outcome),
}

/// A plan made here: the paste it became, how it was made, and on which server.
pub type Made = (Shared<Paste>, Explained, String);

/// The state of the form.
#[derive(Clone, Copy)]
pub struct Errand {
    /// The page.
    pub desk: Desk,
    /// The form as it was when it was asked.
    pub sheet: RwSignal<Sheet>,
    /// How far it is.
    pub state: RwSignal<State>,
    /// What is said of a wish to cancel.
    pub cancelling: RwSignal<Option<String>>,
    /// Whether the form asks for a yes to changing rows.
    pub asks_dml: RwSignal<bool>,
    /// Whether the form asks for a yes to volatile functions.
    pub asks_functions: RwSignal<bool>,
    /// The plan made here.
    pub made: RwSignal<Option<Made>>,
    /// How long the statement has been under way, seconds.
    pub seconds: RwSignal<u64>,
}

impl Errand {
    /// Begins where the server left off.
    pub fn new(desk: Desk, started: &Started) -> Self {
        let paste = desk.paste.get_untracked();
        let made = match (&started.outcome, paste) {
            (Some(Outcome::Ran(explained)), Some(paste)) => {
                Some((paste, explained.clone(), started.sheet.server.clone()))
            }
            _ => None,
        };
        let errand = Self {
            desk,
            sheet: RwSignal::new(started.sheet.clone()),
            state: RwSignal::new(State::Idle),
            cancelling: RwSignal::new(None),
            asks_dml: RwSignal::new(started.sheet.dml),
            asks_functions: RwSignal::new(started.sheet.functions),
            made: RwSignal::new(made),
            seconds: RwSignal::new(0),
        };
        if let Some(outcome) = started.outcome.clone() {
            errand.done(outcome);
        }
        errand
    }

    /// Takes an answer; a refusal that a yes would lift makes the form ask for it.
    pub fn done(self, outcome: Outcome) {
        if let Outcome::Not(NotExplained::Refused(refusal)) = &outcome {
            let (dml, functions) = asks(refusal);
            self.asks_dml.update(|asks| *asks |= dml);
            self.asks_functions.update(|asks| *asks |= functions);
        }
        self.state.set(State::Done(outcome));
    }

    /// A preview tells of the form as it was: it goes when the form changes.
    pub fn edited(self) {
        let previewed =
            |state: &State| matches!(state, State::Done(Outcome::Preview(_)) | State::Asking);
        if self.state.with_untracked(previewed) {
            self.state.set(State::Idle);
        }
    }

    /// Whether the statement is under way.
    pub fn runs(self) -> bool {
        self.state.with(|state| matches!(state, State::Running(_)))
    }
}

/// Which yes would lift a refusal: to changing rows, to volatile functions.
fn asks(refusal: &Refusal) -> (bool, bool) {
    let dml = matches!(refusal, Refusal::Writes { .. } | Refusal::LocksRows { .. });
    let functions = matches!(
        refusal,
        Refusal::Function { danger: Danger::Volatile | Danger::SecurityDefiner, .. }
    );
    (dml, functions)
}

#[cfg(feature = "hydrate")]
mod live {
    use std::time::Duration;

    use leptos::task::spawn_local;
    use model::explain::Cancelling;

    use super::*;
    use crate::pages::plan::explain::{Ran, explain_cancel, explain_preview, explain_run};
    use crate::pages::plan::{browser, catalog};

    impl Errand {
        /// Counts the seconds of a run, and cancels it when the page is left.
        pub fn follow(self) {
            Effect::new(move |_| {
                if !self.runs() {
                    return;
                }
                self.seconds.set(0);
                let tick = move || self.seconds.update(|seconds| *seconds += 1);
                if let Ok(handle) = set_interval_with_handle(tick, Duration::from_secs(1)) {
                    on_cleanup(move || handle.clear());
                }
            });
            on_cleanup(move || self.cancel());
        }

        /// Asks what a run would do.
        pub fn ask(self, sheet: Sheet) {
            self.sheet.set(sheet.clone());
            self.state.set(State::Asking);
            spawn_local(async move {
                let outcome = match explain_preview(sheet.clone()).await {
                    Ok(Ok(preview)) => Outcome::Preview(preview),
                    Ok(Err(why)) => Outcome::Not(why),
                    Err(error) => Outcome::Broken(error),
                };
                // The form was changed meanwhile, or the page is gone.
                if self.state.try_get_untracked() == Some(State::Asking) {
                    self.done(outcome);
                    browser::focus_in("#run-preview-title, .run-refused");
                }
            });
        }

        /// Runs what was previewed.
        pub fn run(self) {
            let State::Done(Outcome::Preview(preview)) = self.state.get_untracked() else { return };
            let (run, sheet) = (preview.run, self.sheet.get_untracked());
            let running = State::Running(run.clone());
            self.cancelling.set(None);
            self.state.set(running.clone());
            browser::focus_in("#run-cancel");
            spawn_local(async move {
                let answer = explain_run(run, sheet).await;
                if self.state.try_get_untracked().as_ref() != Some(&running) {
                    return;
                }
                match answer {
                    Ok(Ok(ran)) => self.opened(ran),
                    Ok(Err(why)) => self.ended(Outcome::Not(why)),
                    Err(error) => self.ended(Outcome::Broken(error)),
                }
            });
        }

        fn ended(self, outcome: Outcome) {
            self.done(outcome);
            browser::focus_in(".run-refused");
        }

        /// Opens the plan as a paste does.
        fn opened(self, ran: Ran) {
            let Ran { mut explained, consulted } = ran;
            let text = std::mem::take(&mut explained.plan);
            let (told, unread) = match consulted {
                Ok(told) => (Some(told), None),
                Err(reason) => (None, Some(catalog::unread(&reason))),
            };
            if !self.desk.open(text, told) {
                return self.state.set(State::Idle);
            }
            self.desk.unread.set(unread);
            let server = self.sheet.with_untracked(|sheet| sheet.server.clone());
            let paste = self.desk.paste.get_untracked();
            self.made.set(paste.map(|paste| (paste, explained.clone(), server)));
            self.state.set(State::Done(Outcome::Ran(explained)));
            browser::focus("plan-made");
        }

        /// Cancels the run under way.
        pub fn cancel(self) {
            let Some(State::Running(run)) = self.state.try_get_untracked() else { return };
            let Some(server) = self.sheet.try_with_untracked(Sheet::server_id) else { return };
            let _ = self.cancelling.try_set(Some("Sending a cancel request.".into()));
            spawn_local(async move {
                let message = said(explain_cancel(server, run).await);
                let _ = self.cancelling.try_set(message);
            });
        }
    }

    fn said(answer: Result<model::Known<Cancelling>, model::ApiError>) -> Option<String> {
        Some(match answer {
            Ok(Ok(Cancelling::Sent)) => {
                "Cancel request sent; waiting for the statement to end.".into()
            }
            Ok(Ok(Cancelling::Over)) => "It had already ended.".into(),
            Ok(Ok(Cancelling::NotYours)) => {
                "Somebody else started it; an administrator can cancel it.".into()
            }
            Ok(Err(reason)) => format!("It could not be cancelled: {}", reason.message()),
            Err(error) => format!("It could not be cancelled: {error}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_yes_lifts_asks_for_one() {
        let function = |danger| Refusal::Function { name: "f".into(), danger, at: None };
        assert_eq!(asks(&Refusal::Writes { what: "DELETE".into(), at: None }), (true, false));
        assert_eq!(asks(&Refusal::LocksRows { at: None }), (true, false));
        assert_eq!(asks(&function(Danger::Volatile)), (false, true));
        assert_eq!(asks(&function(Danger::SecurityDefiner)), (false, true));
        assert_eq!(asks(&function(Danger::Blocked)), (false, false));
        assert_eq!(asks(&Refusal::Busy), (false, false));
    }
}
