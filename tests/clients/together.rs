//! All clients of one user.

use crate::machine::{Machine, clients};
use crate::support::*;
use crate::{ROLE, USER, aws_cli, awsume, boto3, javascript, terraform};

#[test]
#[ignore = "needs scripts/clients"]
fn all_clients_share_one_session() {
    let machine = Machine::new();
    for (profile, caller) in [("default", USER), ("role", ROLE)] {
        let expected = printed(&format!("{caller}\n"));
        assert_eq!(aws_cli::ask(&machine, profile), expected);
        assert_eq!(boto3::ask(&machine, profile, 1), expected);
        assert_eq!(awsume::ask(&machine, profile), expected);
        if clients().join("javascript/stamp").exists() {
            assert_eq!(javascript::ask(&machine, "chain", profile), expected);
        }
        if which::which("terraform").is_ok() {
            assert_eq!(terraform::ask(&machine, profile).status, Some(0));
        }
    }
    let minted = machine.costs();
    let minted = minted.iter().filter(|cost| *cost == "GetSessionToken");
    assert_eq!(minted.count(), 1);
}
