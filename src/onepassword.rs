//! The 1Password CLI: how it is called, and how its answers are read.

pub(crate) mod advice;
mod clear;
mod dedicated;
mod edit;
mod field;
mod find;
mod inspect;
mod item;
mod key_item;
mod lookup;
mod make;
pub(crate) mod stderr;
pub(crate) mod target;

use anyhow::{Context, Error, Result, anyhow};

use crate::cli::Flags;
use crate::clock::Clock;
use crate::complaint::without_secrets;
use crate::credentials::OneTimeCode;
use crate::lock::Gate;
use crate::process::{Answer, Call, Input, Program};
use crate::refusal::Refusal;

pub use field::Field;
pub use inspect::Account;
pub use item::{Item, ItemName};
pub use key_item::NewKey;

/// The 1Password CLI.
#[derive(Clone)]
pub struct OnePassword<'a> {
    program: Program,
    flags: &'a Flags,
    /// Limits how long its calls may take.
    clock: Clock,
    has_session_token: bool,
    gate: Gate<'a>,
}

/// A call of `op` that is about an item.
struct Question<'a> {
    command: &'a str,
    /// The item.
    name: &'a ItemName<'a>,
    args: &'a [&'a str],
    /// Arguments that may look like a flag, and follow `--`.
    assignments: &'a [&'a str],
    input: Input<'a>,
}

impl OnePassword<'_> {
    /// Returns the same program with another limit for its calls.
    pub fn within(&self, clock: Clock) -> Self {
        let mut op = self.clone();
        op.clock = clock;
        op
    }

    /// Reads the item: `op item get ITEM --format json`.
    pub fn item_get(&self, name: &ItemName) -> Result<Item> {
        self.item_get_by_name(name, &[])
    }

    /// Reads the item without op's cache, which may not have what another machine has just stored.
    pub fn item_get_past_cache(&self, name: &ItemName) -> Result<Item> {
        self.item_get_by_name(name, &["--cache=false"])
    }

    fn item_get_by_name(&self, name: &ItemName, more: &[&str]) -> Result<Item> {
        let vault = name.vault.iter().flat_map(|vault| ["--vault", vault]);
        let mut args = vec![name.item, "--format", "json"];
        args.extend(more.iter().copied().chain(vault));
        self.read_item(name, &args)
    }

    /// Reads the item again, without op's cache.
    pub fn item_get_uncached(&self, item: &Item) -> Result<Item> {
        let mut args = by_ids(item);
        args.extend(["--format", "json", "--cache=false"]);
        self.read_item(&item.name(), &args)
    }

    fn read_item(&self, name: &ItemName, args: &[&str]) -> Result<Item> {
        let item = self.ask_for_item(get(name, args));
        let item = item.with_context(|| format!("cannot read 1Password item '{}'", name.item))?;
        item.check_dedicated()?;
        Ok(item)
    }

    /// Fetches the current one-time password: `op item get ID --otp`.
    pub fn one_time_password(&self, item: &Item) -> Result<OneTimeCode> {
        let name = item.name();
        let mut args = by_ids(item);
        // A format that is configured for all of op could wrap the code in JSON.
        args.extend(["--otp", "--format", "human-readable"]);
        let code = self.ask(get(&name, &args)).and_then(|answer| {
            let code = str::from_utf8(answer.stdout.expose());
            code.ok().and_then(OneTimeCode::parse).ok_or_else(|| {
                if reason(&answer).is_empty() {
                    return anyhow!(
                        "`op item get --otp` gave no six digits; check the item's one-time password"
                    );
                }
                self.failure("item get", &answer, Some(&name))
            })
        });
        let item = name.item;
        code.with_context(|| format!("cannot get a one-time password from 1Password item '{item}'"))
    }

    /// Makes a call whose answer is an item. Versions before 2.32.1 report some failures with exit status 0.
    fn ask_for_item(&self, question: Question) -> Result<Item> {
        let Question { command, name, .. } = question;
        let answer = self.ask(question)?;
        let item = Item::parse(answer.stdout.expose()).map_err(|error| {
            if reason(&answer).is_empty() {
                return error.context(format!("the answer of `op {command}` isn't an item"));
            }
            self.failure(command, &answer, Some(name))
        })?;
        Ok(item.called(name))
    }

    fn ask(&self, question: Question) -> Result<Answer> {
        let mut args = question.args.to_vec();
        let account = self.flags.op.account.iter();
        args.extend(account.flat_map(|account| ["--account", account.as_str()]));
        if !question.assignments.is_empty() {
            args.push("--");
            args.extend(question.assignments);
        }
        let call = Call {
            command: question.command,
            args: &args,
            input: question.input,
            variables: &[],
        };
        self.gate.pass(&self.clock, || {
            let answer = self.program.run(&call, &self.clock)?;
            if answer.status.success() {
                Ok(answer)
            } else {
                Err(self.failure(question.command, &answer, Some(question.name)))
            }
        })
    }

    /// Returns why a call has failed: the reason that op gives, and advice.
    fn failure(&self, command: &str, answer: &Answer, name: Option<&ItemName>) -> Error {
        let reason = reason(answer);
        if reason.is_empty() {
            let status = answer.status;
            return anyhow!("`op {command}` failed ({status}) and gave no reason");
        }
        let kind = advice::Kind {
            is_dedicated: name.is_some_and(|name| name.dedicated_to.is_some()),
            has_session_token: self.has_session_token,
        };
        let mut line = format!("`op {command}` said: {reason}");
        if let Some(advice) = advice::advice(&reason, kind) {
            line = format!("{line}; {advice}");
        }
        let refusal = advice::refusal(&reason)(line);
        match (refusal, name) {
            (Refusal::Absent(line), Some(name)) if name.dedicated_to.is_none() => {
                Refusal::Absent(line + &self.way_to_make(name)).into()
            }
            (refusal, _) => refusal.into(),
        }
    }

    /// Returns the advice to make the item of the key, unless it is named by an id.
    fn way_to_make(&self, name: &ItemName) -> String {
        if is_id(name.item) {
            return String::new();
        }
        format!(", or make it: `{}`", self.flags.typed("setup --import"))
    }
}

fn get<'a>(name: &'a ItemName<'a>, args: &'a [&'a str]) -> Question<'a> {
    Question {
        command: "item get",
        name,
        args,
        assignments: &[],
        input: Input::Terminal,
    }
}

fn reason(answer: &Answer) -> String {
    stderr::reason(&without_secrets(answer.stderr.expose()))
}

/// Names an item by its ids, which means exactly the item that was read, is quicker, and never looks like a flag.
fn by_ids(item: &Item) -> Vec<&str> {
    let vault = item.vault_id.iter().flat_map(|vault| ["--vault", vault]);
    [item.id.as_str()].into_iter().chain(vault).collect()
}

/// Returns whether a text has the form of the ids that 1Password gives to items.
pub fn is_id(text: &str) -> bool {
    text.len() == 26
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
}
