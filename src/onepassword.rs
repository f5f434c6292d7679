//! Every word that is said to `op`, and what it answers.

pub(crate) mod advice;
mod cache_item;
mod clear;
pub(crate) mod edit;
mod field;
mod find;
mod inspect;
mod item;
mod make;

use anyhow::{Context, Error, Result, anyhow};

use crate::clock::Clock;
use crate::complaint::without_secrets;
use crate::credentials::{OneTimeCode, Secret};
use crate::lock::Gate;
use crate::process::{Answer, Call, Input, Program};
use crate::refusal::Refusal;

use cache_item::CacheItem;

pub use field::Field;
pub use item::Item;

/// What a call of op that doesn't end is most likely waiting for.
pub const PROMPT: &str = "is a 1Password prompt waiting for you?";

/// The 1Password CLI, asked about one item.
pub struct OnePassword<'a> {
    program: Program,
    item: &'a str,
    vault: Option<&'a str>,
    account: Option<&'a str>,
    has_session_token: bool,
    gate: Gate<'a>,
    /// Set where the item is one that `--cache-item` names, which holds a session and nothing else.
    cache_item: Option<CacheItem<'a>>,
}

impl OnePassword<'_> {
    /// Reads the item: `op item get ITEM --format json`.
    pub fn item_get(&self, clock: &Clock) -> Result<Item> {
        self.item_get_by_name(&[], clock)
    }

    fn item_get_by_name(&self, more: &[&str], clock: &Clock) -> Result<Item> {
        let vault = self.vault.iter().flat_map(|vault| ["--vault", vault]);
        let mut args = vec![self.item, "--format", "json"];
        args.extend(more.iter().copied().chain(vault));
        self.read_item(&args, clock)
    }

    /// Reads the item again, past op's cache, which may not know yet what another machine has stored.
    pub fn item_get_uncached(&self, item: &Item, clock: &Clock) -> Result<Item> {
        let mut args = named(item);
        args.extend(["--format", "json", "--cache=false"]);
        self.read_item(&args, clock)
    }

    fn read_item(&self, args: &[&str], clock: &Clock) -> Result<Item> {
        let item = self.ask_for_item("item get", args, Input::Terminal, clock);
        let item = item.with_context(|| format!("cannot read 1Password item '{}'", self.item))?;
        if let Some(cache_item) = &self.cache_item {
            cache_item.check(&item)?;
        }
        Ok(item)
    }

    /// Reads the value of the one field that `name` means; `flag` is how the user can name another.
    pub fn value<'i>(&self, item: &'i Item, name: &str, flag: &str) -> Result<&'i Secret<String>> {
        let value = item.value(name, flag);
        value.with_context(|| {
            format!(
                "cannot read field '{name}' of 1Password item '{}'",
                self.item
            )
        })
    }

    /// Fetches the current one-time password: `op item get ID --otp`.
    pub fn one_time_password(&self, item: &Item, clock: &Clock) -> Result<OneTimeCode> {
        let mut args = named(item);
        // Without a format, one set for all of op could wrap the code in JSON.
        args.extend(["--otp", "--format", "human-readable"]);
        let code = self
            .ask("item get", &args, Input::Terminal, clock)
            .and_then(|answer| {
                let code = str::from_utf8(answer.stdout.expose())
                    .ok()
                    .and_then(OneTimeCode::parse);
                code.ok_or_else(|| match reason(&answer).as_str() {
                    "" => anyhow!(
                        "`op item get --otp` gave no six digits; check the item's one-time password"
                    ),
                    _ => self.failure("item get", &answer),
                })
            });
        code.with_context(|| {
            format!(
                "cannot get a one-time password from 1Password item '{}'",
                self.item
            )
        })
    }

    /// Asks for an answer that is an item. Versions before 2.32.1 report some failures with exit status 0.
    fn ask_for_item(
        &self,
        command: &str,
        args: &[&str],
        input: Input,
        clock: &Clock,
    ) -> Result<Item> {
        let answer = self.ask(command, args, input, clock)?;
        Item::parse(answer.stdout.expose()).map_err(|error| {
            if reason(&answer).is_empty() {
                return error.context(format!("the answer of `op {command}` is no item"));
            }
            self.failure(command, &answer)
        })
    }

    fn ask(&self, command: &str, args: &[&str], input: Input, clock: &Clock) -> Result<Answer> {
        let account = self
            .account
            .iter()
            .flat_map(|account| ["--account", account]);
        let args: Vec<&str> = args.iter().copied().chain(account).collect();
        let call = Call {
            command,
            args: &args,
            input,
            variables: &[],
        };
        self.gate.pass(clock, || {
            let answer = self.program.run(&call, clock)?;
            if answer.status.success() {
                Ok(answer)
            } else {
                Err(self.failure(command, &answer))
            }
        })
    }

    /// Turns a failure into op's reason and our advice.
    fn failure(&self, command: &str, answer: &Answer) -> Error {
        let reason = reason(answer);
        let own_advice = self.cache_item.as_ref().and_then(|own| own.advice(&reason));
        let advice = own_advice
            .or_else(|| advice::advice(&reason, self.has_session_token).map(str::to_owned));
        let line = match advice {
            Some(advice) => format!("`op {command}` said: {reason}; {advice}"),
            None if reason.is_empty() => {
                return anyhow!(
                    "`op {command}` failed ({}) and gave no reason",
                    answer.status
                );
            }
            None => format!("`op {command}` said: {reason}"),
        };
        if advice::is_absent(&reason) {
            Refusal::Absent(line).into()
        } else {
            Refusal::Final(line).into()
        }
    }
}

fn reason(answer: &Answer) -> String {
    advice::reason(&without_secrets(answer.stderr.expose()))
}

/// Names an item by the ids that op answered with: exactly the item that was read, quicker, and never a flag.
fn named(item: &Item) -> Vec<&str> {
    let vault = item.vault_id.iter().flat_map(|vault| ["--vault", vault]);
    [item.id.as_str()].into_iter().chain(vault).collect()
}
