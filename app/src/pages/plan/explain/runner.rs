//! State machine of one EXPLAIN request: idle, previewing, running, done. In the browser it calls
//! the server functions; without JavaScript it starts from what the server did with the submitted
//! form.

use leptos::prelude::*;
use model::explain::{Danger, Explained, NotExplained, Refusal, RunId};

use super::request::ExplainRequest;
use super::{ExplainSubmission, Outcome};
use crate::pages::plan::analysis::{ParsedPlans, Shared};
use crate::pages::plan::state::PlanState;

/// The state of the request.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Nothing requested.
    Idle,
    /// Waiting for the preview.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "a form waits by itself"))]
    Asking,
    /// The statement is running.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "a form waits by itself"))]
    Running(RunId),
    /// The outcome is known.
    Done(Outcome),
}

/// The origin of a plan made here: its text, the EXPLAIN result, and the server.
pub type PlanOrigin = (Shared<ParsedPlans>, Explained, String);

/// The state of the EXPLAIN form.
#[derive(Clone, Copy)]
pub struct ExplainRunner {
    /// The state of the page.
    pub state: PlanState,
    /// The submitted fields.
    pub request: RwSignal<ExplainRequest>,
    /// The state of the request.
    pub phase: RwSignal<Phase>,
    /// The message about a cancel request.
    pub cancelling: RwSignal<Option<String>>,
    /// Whether the form asks for consent to modify rows.
    pub needs_dml_consent: RwSignal<bool>,
    /// Whether the form asks for consent to volatile functions.
    pub needs_function_consent: RwSignal<bool>,
    /// The origin of the plan made here.
    pub origin: RwSignal<Option<PlanOrigin>>,
    /// Seconds since the statement was started.
    pub seconds: RwSignal<u64>,
}

impl ExplainRunner {
    /// Starts from the outcome of a submitted form.
    pub fn new(state: PlanState, submission: &ExplainSubmission) -> Self {
        let paste = state.paste.get_untracked();
        let origin = match (&submission.outcome, paste) {
            (Some(Outcome::Ran(explained)), Some(paste)) => {
                Some((paste, explained.clone(), submission.request.server.clone()))
            }
            _ => None,
        };
        let runner = Self {
            state,
            request: RwSignal::new(submission.request.clone()),
            phase: RwSignal::new(Phase::Idle),
            cancelling: RwSignal::new(None),
            needs_dml_consent: RwSignal::new(submission.request.dml),
            needs_function_consent: RwSignal::new(submission.request.functions),
            origin: RwSignal::new(origin),
            seconds: RwSignal::new(0),
        };
        if let Some(outcome) = submission.outcome.clone() {
            runner.finish(outcome);
        }
        runner
    }

    /// Stores the outcome; a refusal that consent would lift makes the form ask for it.
    pub fn finish(self, outcome: Outcome) {
        if let Outcome::Not(NotExplained::Refused(refusal)) = &outcome {
            let (dml, functions) = consents_needed(refusal);
            self.needs_dml_consent.update(|consents_needed| *consents_needed |= dml);
            self.needs_function_consent.update(|consents_needed| *consents_needed |= functions);
        }
        self.phase.set(Phase::Done(outcome));
    }

    /// Discards the preview when the form changes.
    pub fn form_changed(self) {
        let previewed =
            |phase: &Phase| matches!(phase, Phase::Done(Outcome::Preview(_)) | Phase::Asking);
        if self.phase.with_untracked(previewed) {
            self.phase.set(Phase::Idle);
        }
    }

    /// Whether the statement is running.
    pub fn is_running(self) -> bool {
        self.phase.with(|phase| matches!(phase, Phase::Running(_)))
    }
}

/// The consents that would lift a refusal: modifying rows, volatile functions.
fn consents_needed(refusal: &Refusal) -> (bool, bool) {
    let dml = matches!(refusal, Refusal::Writes { .. } | Refusal::LocksRows { .. });
    let functions = matches!(
        refusal,
        Refusal::Function {
            danger: Danger::Volatile | Danger::SecurityDefiner | Danger::Foreign,
            ..
        }
    );
    (dml, functions)
}

#[cfg(feature = "hydrate")]
mod live {
    use std::time::Duration;

    use leptos::task::spawn_local;
    use model::explain::Cancelling;

    use super::*;
    use crate::pages::plan::explain::{RunResult, explain_cancel, explain_preview, explain_run};
    use crate::pages::plan::{browser, catalog};

    impl ExplainRunner {
        /// Counts the seconds of a run; cancels it when the page is left.
        pub fn follow(self) {
            Effect::new(move |_| {
                if !self.is_running() {
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

        /// Requests the preview.
        pub fn preview(self, request: ExplainRequest) {
            self.request.set(request.clone());
            self.phase.set(Phase::Asking);
            spawn_local(async move {
                let outcome = match explain_preview(request.clone()).await {
                    Ok(Ok(preview)) => Outcome::Preview(preview),
                    Ok(Err(why)) => Outcome::Not(why),
                    Err(error) => Outcome::Broken(error),
                };
                // Ignored when the form was changed meanwhile or the page was left.
                if self.phase.try_get_untracked() == Some(Phase::Asking) {
                    self.finish(outcome);
                    browser::focus_in("#run-preview-title, .run-refused");
                }
            });
        }

        /// Runs the previewed request.
        pub fn run(self) {
            let Phase::Done(Outcome::Preview(preview)) = self.phase.get_untracked() else { return };
            let (run, request) = (preview.run, self.request.get_untracked());
            let running = Phase::Running(run.clone());
            self.cancelling.set(None);
            self.phase.set(running.clone());
            browser::focus_in("#run-cancel");
            spawn_local(async move {
                let answer = explain_run(run, request).await;
                if self.phase.try_get_untracked().as_ref() != Some(&running) {
                    return;
                }
                match answer {
                    Ok(Ok(ran)) => self.open_plan(ran),
                    Ok(Err(why)) => self.fail(Outcome::Not(why)),
                    Err(error) => self.fail(Outcome::Broken(error)),
                }
            });
        }

        fn fail(self, outcome: Outcome) {
            self.finish(outcome);
            browser::focus_in(".run-refused");
        }

        /// Shows the plan, like a pasted one.
        fn open_plan(self, ran: RunResult) {
            let RunResult { mut explained, server_catalog } = ran;
            let text = std::mem::take(&mut explained.plan);
            let (catalog, catalog_error) = match server_catalog {
                Ok(catalog) => (Some(catalog), None),
                Err(reason) => (None, Some(catalog::catalog_error(&reason))),
            };
            self.state.open(text, catalog, move |read| {
                if !read {
                    return self.phase.set(Phase::Idle);
                }
                self.state.catalog_error.set(catalog_error);
                let server = self.request.with_untracked(|request| request.server.clone());
                let paste = self.state.paste.get_untracked();
                self.origin.set(paste.map(|paste| (paste, explained.clone(), server)));
                self.phase.set(Phase::Done(Outcome::Ran(explained)));
                browser::focus("plan-made");
            });
        }

        /// Cancels the current run.
        pub fn cancel(self) {
            let Some(Phase::Running(run)) = self.phase.try_get_untracked() else { return };
            let Some(server) = self.request.try_with_untracked(ExplainRequest::server_id) else {
                return;
            };
            let _ = self.cancelling.try_set(Some("Sending a cancel request.".into()));
            spawn_local(async move {
                let message = cancel_message(explain_cancel(server, run).await);
                let _ = self.cancelling.try_set(message);
            });
        }
    }

    fn cancel_message(answer: Result<model::Known<Cancelling>, model::ApiError>) -> Option<String> {
        Some(match answer {
            Ok(Ok(Cancelling::Sent)) => {
                "Cancel request sent; waiting for the statement to end.".into()
            }
            Ok(Ok(Cancelling::Over)) => "It had already ended.".into(),
            Ok(Ok(Cancelling::NotYours)) => {
                "Someone else started it; an administrator can cancel it.".into()
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
        assert_eq!(
            consents_needed(&Refusal::Writes { what: "DELETE".into(), at: None }),
            (true, false)
        );
        assert_eq!(consents_needed(&Refusal::LocksRows { at: None }), (true, false));
        assert_eq!(consents_needed(&function(Danger::Volatile)), (false, true));
        assert_eq!(consents_needed(&function(Danger::SecurityDefiner)), (false, true));
        assert_eq!(consents_needed(&function(Danger::Foreign)), (false, true));
        assert_eq!(consents_needed(&function(Danger::Blocked)), (false, false));
        assert_eq!(consents_needed(&Refusal::Busy), (false, false));
    }
}
