//! Two runs on one item, whose calls go on in any order, while a user changes the item: no second code is used up where
//! one is enough, no session of another key is printed, and nothing in the item is lost.

mod turns;

use std::fs;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

use crate::support::*;
use turns::{Dice, Step, Turns, USER};

/// How many orders each test tries; the variable sets another number.
const ORDERS: u64 = 16;
const VARIABLE: &str = "INTERLEAVINGS";

/// How many are tried side by side: they wait more than they work.
const THREADS: u64 = 4;

/// More turns than two runs have without waiting for each other.
const TURNS: u64 = 18;

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const NEW_KEY: &str = "AKIAIOSFODNN7EXAMPL2";

const OPTIONS: [&str; 4] = ["--item", ID, "--cache-item", "AWS Session"];
const ID: &str = "q3fz5kcv2wjd4hx7mnbtya6rse";
const SESSION_ID: &str = "vdm7gkx2cu4hqs3nzb5yfaot6l";
const NOTE: &str = "The AWS session that get-1password-creds keeps for --cache-item. It writes this item as a whole: add nothing to it.";

/// Where the two runs are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    OneTerminal,
    TwoTerminals,
    TwoMachines,
}

/// Where the session is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Home {
    Key,
    Dedicated,
}

/// What the user does meanwhile.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Deed {
    Nothing,
    SavesAField,
    ReplacesTheKey,
}

/// One order and all that it comes to.
struct Play<'a> {
    sandbox: &'a Sandbox,
    place: Place,
    home: Home,
    deed: Deed,
    turns: Turns<'a>,
}

#[test]
fn two_runs_in_one_terminal_do_no_harm_in_any_order() {
    try_orders(Place::OneTerminal, Home::Key);
}

#[test]
fn two_runs_in_two_terminals_do_no_harm_in_any_order() {
    try_orders(Place::TwoTerminals, Home::Key);
}

#[test]
fn two_runs_on_two_machines_do_no_harm_in_any_order() {
    try_orders(Place::TwoMachines, Home::Key);
}

#[test]
fn two_runs_with_a_dedicated_item_do_no_harm_in_any_order() {
    try_orders(Place::TwoTerminals, Home::Dedicated);
}

#[test]
fn two_machines_with_a_dedicated_item_do_no_harm_in_any_order() {
    try_orders(Place::TwoMachines, Home::Dedicated);
}

fn try_orders(place: Place, home: Home) {
    let orders = std::env::var(VARIABLE).map_or(ORDERS, |text| text.parse().expect("a number"));
    thread::scope(|scope| {
        for first in 0..THREADS.min(orders) {
            scope.spawn(move || {
                for order in (first..orders).step_by(usize::try_from(THREADS).expect("a number")) {
                    try_order(place, home, order);
                }
            });
        }
    });
}

fn try_order(place: Place, home: Home, order: u64) {
    let mut dice = Dice::new(order);
    let sandbox = set_up(home, dice.below(3));
    let deed = match dice.below(3) {
        0 => Deed::Nothing,
        1 => Deed::SavesAField,
        _ => Deed::ReplacesTheKey,
    };
    if place == Place::TwoMachines || deed == Deed::ReplacesTheKey {
        // A run waits for the next code where the other one has used this one up.
        sandbox.set_period(2);
    }
    let before = sandbox.read("standin/vault.json");
    let commands = [1, 2].map(|number| command(&sandbox, place, home, number));
    let mut turns = Turns::start(&sandbox, commands);
    let user = dice.below(TURNS);
    turns.play(&mut dice, place == Place::TwoMachines, user, || {
        act(&sandbox, deed);
    });
    let mut expected = before;
    let has_acted = turns.steps.iter().any(|step| step.who == USER);
    let deed = if has_acted { deed } else { Deed::Nothing };
    change(&mut expected, deed);
    let play = Play {
        sandbox: &sandbox,
        place,
        home,
        deed,
        turns,
    };
    play.print(order);
    play.expect_outcomes();
    play.expect_codes();
    play.expect_vault(&expected);
    play.expect_next_run();
}

/// Sets up an item, with a cache that is empty, expired, or of another key.
fn set_up(home: Home, cache: u64) -> Sandbox {
    let sandbox = Sandbox::new();
    let (key, expiration) = match cache {
        0 => ("AKIAI44QH8DHBEXAMPLE", FAR_FUTURE),
        _ => (KEY, "2025-12-16T01:00:00Z"),
    };
    let mut session = session_json(expiration);
    session["MintedFrom"] = minted_from(key, "arn:aws:iam::123456789012:mfa/alice");
    session["MintedFrom"]["Owner"] = json!({ "Item": ID, "Field": "Access Key ID" });
    let text = base64(&session);
    match (home, cache) {
        (Home::Key, 0 | 1) => sandbox.set_cache(&text),
        (Home::Key, _) => {}
        (Home::Dedicated, 1) => add_item(&sandbox, &text),
        // What is in a dedicated item is of its owner, whatever key that has.
        (Home::Dedicated, _) => add_item(&sandbox, ""),
    }
    sandbox
}

/// Adds an item for the session as `setup` makes it.
fn add_item(sandbox: &Sandbox, text: &str) {
    let mut vault = sandbox.read("standin/vault.json");
    let home = vault["vaults"][0].clone();
    let item = json!({
        "id": SESSION_ID, "title": "AWS Session", "version": 1, "vault": home, "category": "SECURE_NOTE",
        "fields": [
            { "id": "notesPlain", "type": "STRING", "purpose": "NOTES", "label": "notesPlain", "value": NOTE },
            { "id": "xq5r2tvnlo6wbejd4ky3chzmga", "type": "CONCEALED", "label": "session_cache", "value": text },
        ],
    });
    vault["items"].as_array_mut().expect("items").push(item);
    sandbox.write("standin/vault.json", &vault);
}

fn command(sandbox: &Sandbox, place: Place, home: Home, number: usize) -> Command {
    let options = match home {
        Home::Key => &[][..],
        Home::Dedicated => &OPTIONS,
    };
    let mut command = match place {
        Place::OneTerminal => sandbox.command(options),
        Place::TwoTerminals | Place::TwoMachines => sandbox.command_in_own_session(options),
    };
    if place == Place::TwoMachines {
        let folder = sandbox.path(&format!("machine{number}"));
        fs::create_dir(&folder).expect("a folder");
        command.env("XDG_RUNTIME_DIR", folder);
    }
    command
}

/// Does what a user does, at the same time as the runs.
fn act(sandbox: &Sandbox, deed: Deed) {
    let mut vault = sandbox.read("standin/vault.json");
    change(&mut vault, deed);
    sandbox.write("standin/vault.json", &vault);
    if deed == Deed::ReplacesTheKey {
        let mut account = sandbox.read("standin/account.json");
        account["access_key_id"] = json!(NEW_KEY);
        sandbox.write("standin/account.json", &account);
    }
}

/// Changes the vault: the last item, which holds the session, or the key in the first.
fn change(vault: &mut Value, deed: Deed) {
    let items = vault["items"].as_array_mut().expect("items");
    match deed {
        Deed::Nothing => {}
        Deed::SavesAField => {
            let field = json!({ "id": "own", "type": "STRING", "label": "wifi", "value": "x" });
            let item = items.last_mut().expect("an item");
            item["fields"].as_array_mut().expect("fields").push(field);
        }
        Deed::ReplacesTheKey => {
            field_mut(&mut items[0], "Access Key ID")["value"] = json!(NEW_KEY);
        }
    }
}

impl Play<'_> {
    /// Says what was done, for a test that fails.
    fn print(&self, order: u64) {
        let Self {
            place,
            home,
            deed,
            turns,
            ..
        } = self;
        println!("{place:?}, {home:?}, {deed:?}, order {order}:");
        for Step { who, call } in &turns.steps {
            println!("  {} {call}", ["one ", "two ", "user"][*who]);
        }
    }

    fn sessions(&self) -> Vec<Value> {
        let count = self.sandbox.count_minted();
        let ledger = (count > 0).then(|| self.sandbox.read("standin/ledger.json"));
        ledger.map_or(Vec::new(), |ledger| {
            ledger["sessions"].as_array().expect("sessions").clone()
        })
    }

    /// The indexes of the steps of a run, or of all, with this call.
    fn steps(&self, who: Option<usize>, call: &str) -> Vec<usize> {
        let steps = self.turns.steps.iter().enumerate();
        let own = steps.filter(|(_, step)| who.is_none_or(|who| step.who == who));
        own.filter(|(_, step)| step.call.starts_with(call))
            .map(|(index, _)| index)
            .collect()
    }

    /// The indexes of the reads of the item that holds the session.
    fn reads(&self, who: Option<usize>) -> Vec<usize> {
        let names = match self.home {
            Home::Key => ["AWS Access Key", ID],
            Home::Dedicated => ["AWS Session", SESSION_ID],
        };
        let reads = names.map(|name| self.steps(who, &format!("op item get {name}")));
        reads.concat()
    }

    /// Each run prints a session of the key that the item named when it was read, or says that STS doesn't know the key any
    /// more.
    fn expect_outcomes(&self) {
        let sessions = self.sessions();
        let deed = self.steps(Some(USER), "acts").first().copied();
        for (who, outcome) in self.turns.outcomes.iter().enumerate() {
            let outcome = outcome.as_ref().expect("an end");
            if self.is_excused(outcome) {
                continue;
            }
            let printed_by = |number: &usize| printed(&self.sandbox.minted(*number)) == *outcome;
            let number = (1..=sessions.len()).find(printed_by);
            let session = &sessions[number.unwrap_or_else(|| panic!("{outcome:?}")) - 1];
            // One run in a terminal reads for both, and a dedicated item names no key.
            let is_alone = self.place != Place::OneTerminal && self.home == Home::Key;
            let reads = self.reads(Some(who).filter(|_| is_alone));
            let is_new = |read: &usize| {
                self.deed == Deed::ReplacesTheKey && deed.is_some_and(|deed| deed < *read)
            };
            if self.home == Home::Key && reads.iter().all(is_new) {
                assert_eq!(session["parent"], NEW_KEY);
            } else if !reads.iter().any(is_new) {
                assert_eq!(session["parent"], KEY);
            }
        }
    }

    /// Returns whether a run gave up since STS doesn't know its key any more, or what the user saved must not be written over.
    fn is_excused(&self, outcome: &Outcome) -> bool {
        let reason = match (self.home, self.deed) {
            (_, Deed::ReplacesTheKey) => "cannot get a session from STS: ",
            (Home::Dedicated, Deed::SavesAField) => {
                "cannot keep a session in 1Password item 'AWS Session': it has another field, 'wifi'; "
            }
            _ => return false,
        };
        let start = format!("get-1password-creds: {reason}");
        outcome.status == Some(1) && outcome.stdout.is_empty() && outcome.stderr.starts_with(&start)
    }

    /// One machine uses one code for each key. Nobody uses a code after reading a fresh session, and no code is sent again.
    fn expect_codes(&self) {
        let sessions = self.sessions();
        let of = |key: &str| {
            sessions
                .iter()
                .filter(|session| session["parent"] == key)
                .count()
        };
        // An item with another field in it takes no session, so each run needs one.
        let is_refused = self.home == Home::Dedicated && self.deed == Deed::SavesAField;
        if self.place != Place::TwoMachines && !is_refused {
            assert!(of(KEY) <= 1 && of(NEW_KEY) <= 1, "{sessions:?}");
            // The code of the old key is used up for the new one.
            let most = if self.deed == Deed::ReplacesTheKey {
                3
            } else {
                1
            };
            let sent = self.steps(None, "aws sts get-session-token").len();
            assert!(sent <= most, "{sent} codes");
        }
        if self.deed != Deed::Nothing {
            return;
        }
        let stored = self.steps(None, "op item edit").first().copied();
        for who in 0..2 {
            let reads = self.reads(Some(who)).into_iter();
            let read = reads
                .filter(|read| stored.is_some_and(|stored| stored < *read))
                .min();
            let codes = self.steps(Some(who), "aws sts get-session-token");
            let is_before = |code: &usize| read.is_none_or(|read| *code < read);
            assert!(codes.iter().all(is_before), "a code in spite of a session");
        }
    }

    /// All but the cache is as the user left it.
    fn expect_vault(&self, expected: &Value) {
        if self.home == Home::Dedicated && self.deed == Deed::SavesAField && self.is_too_late() {
            return;
        }
        let without_cache = |mut vault: Value| {
            for item in vault["items"].as_array_mut().expect("items") {
                let fields = item["fields"].as_array_mut().expect("fields").iter_mut();
                for field in fields.filter(|field| field["label"] == "session_cache") {
                    field.as_object_mut().expect("a field").remove("value");
                }
                for name in ["version", "updated_at", "last_edited_by"] {
                    item.as_object_mut().expect("an item").remove(name);
                }
            }
            vault
        };
        let vault = self.sandbox.read("standin/vault.json");
        assert_eq!(without_cache(vault), without_cache(expected.clone()));
    }

    /// Returns whether the user saved between the read of the item and the write right behind it: `op` can't tell.
    fn is_too_late(&self) -> bool {
        let deed = self.steps(Some(USER), "acts")[0];
        (0..2).any(|who| {
            let own = self.steps(Some(who), "");
            let mut edits = self.steps(Some(who), "op item edit").into_iter();
            edits.any(|edit| {
                let last = own.iter().rfind(|step| **step < edit);
                last.is_some_and(|last| *last < deed && deed < edit)
            })
        })
    }

    /// A run after them reads a session of the key in the item, if the last write stored one.
    fn expect_next_run(&self) {
        fs::remove_dir_all(self.sandbox.path("standin/turns")).expect("a folder");
        if self.deed != Deed::Nothing
            && (self.home == Home::Dedicated || self.deed == Deed::ReplacesTheKey)
        {
            return;
        }
        let count = self.sandbox.count_minted();
        let options = match self.home {
            Home::Key => &[][..],
            Home::Dedicated => &OPTIONS,
        };
        let outcome = self.sandbox.run(options);
        let is_known = (1..=count).any(|number| outcome == printed(&self.sandbox.minted(number)));
        assert!(
            is_known && self.sandbox.count_minted() == count,
            "{outcome:?}"
        );
    }
}
