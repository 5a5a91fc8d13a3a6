//! The named actions that settle differences: which of them fits which difference, and what it books.

use super::difference::{Class, Difference, Subject};
use crate::ledger::Account;

/// What is done about a difference. Numbers are those of the column `payment_differences.action`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Action {
    /// Nobody had to do anything: the books agree by now, or a later bill has it.
    Resolved = 1,
    /// WeChat Pay is late, and the books are right: nothing is booked.
    BankDelay = 2,
    /// The shop asks WeChat Pay again and takes what it says: its order decides whether it is paid, or the money stray.
    Take = 3,
    /// Money that no order of ours wants goes back to its payer.
    Refund = 4,
    /// It belongs to another system that sells under the same merchant number.
    Foreign = 5,
    /// It went to the shop's bank account, or came from there.
    Transfer = 6,
    /// The difference is booked, so that the books say what the account says.
    Adjust = 7,
}

/// The action does not fit the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{}` does not settle a {} of class {}; what does: {}", .action.name(), .subject.name(), .class.name(), fitting(*.class, *.subject))]
pub struct MisfitAction {
    /// What was to be done.
    pub action: Action,
    /// What the difference is.
    pub class: Class,
    /// What it is about.
    pub subject: Subject,
}

fn fitting(class: Class, subject: Subject) -> String {
    let names: Vec<&str> = Action::ALL.into_iter().filter(|action| action.fits(class, subject)).map(Action::name).collect();
    names.join(", ")
}

impl Action {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 7] = [Self::Resolved, Self::BankDelay, Self::Take, Self::Refund, Self::Foreign, Self::Transfer, Self::Adjust];

    /// From the column.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|action| i64::from(*action as u8) == number)
    }

    /// The word on the command line and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::BankDelay => "bank-delay",
            Self::Take => "take",
            Self::Refund => "refund",
            Self::Foreign => "foreign",
            Self::Transfer => "transfer",
            Self::Adjust => "adjust",
        }
    }

    /// Whether a person may settle such a difference so.
    pub const fn fits(self, class: Class, subject: Subject) -> bool {
        match self {
            Self::Resolved => false,
            Self::BankDelay => {
                matches!(class, Class::NotInBill | Class::RefundMissing | Class::StateDiffers | Class::FundsDiffer | Class::Movement)
            }
            Self::Take => matches!(class, Class::StateDiffers),
            Self::Refund => matches!((class, subject), (Class::NotOurs, Subject::Payment)),
            Self::Foreign => matches!(class, Class::NotOurs),
            Self::Transfer => matches!(class, Class::Movement),
            Self::Adjust => true,
        }
    }

    /// What is booked when the difference is settled so: accounts with amounts in fen whose sum is 0; empty where nothing is booked.
    ///
    /// # Errors
    /// [`MisfitAction`].
    pub fn bookings(self, difference: &Difference) -> Result<Vec<(Account, i64)>, MisfitAction> {
        let Difference { class, subject, .. } = *difference;
        if !self.fits(class, subject) {
            return Err(MisfitAction { action: self, class, subject });
        }
        let against = match self {
            Self::Resolved | Self::BankDelay | Self::Take => return Ok(Vec::new()),
            // It is owed until a bill shows that it has gone back.
            Self::Refund => Account::StraysOwed,
            Self::Foreign => Account::OthersMoney,
            Self::Transfer => Account::Bank,
            Self::Adjust if class as u8 == Class::FeeDiffers as u8 => Account::Fees,
            Self::Adjust => Account::Differences,
        };
        let delta = difference.delta_fen();
        Ok(vec![(Account::WechatPay, delta), (against, -delta)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_lead_back() {
        for (number, action) in (1..).zip(Action::ALL) {
            assert_eq!((action as i64, Action::from_number(number)), (number, Some(action)));
        }
        for (number, class) in (1..).zip(Class::ALL) {
            assert_eq!((class as i64, Class::from_number(number)), (number, Some(class)));
        }
        for (number, subject) in (1..).zip(Subject::ALL) {
            assert_eq!((subject as i64, Subject::from_number(number)), (number, Some(subject)));
        }
        assert_eq!((Action::from_number(0), Class::from_number(9), Subject::from_number(5)), (None, None, None));
    }

    #[test]
    fn what_an_action_books_balances_and_a_misfit_says_what_fits() {
        for class in Class::ALL {
            for subject in Subject::ALL {
                let (reference, order) = ("4200".to_owned(), None);
                let difference = Difference { class, subject, reference, order, bill_fen: Some(700), our_fen: Some(500) };
                for action in Action::ALL {
                    match action.bookings(&difference) {
                        Ok(amounts) => assert_eq!(amounts.iter().map(|(_, fen)| fen).sum::<i64>(), 0, "R3: {action:?} of {class:?}"),
                        Err(misfit) => assert!(!action.fits(class, subject) && misfit.to_string().contains("adjust"), "{misfit}"),
                    }
                }
            }
        }
        let not_ours = Difference {
            class: Class::NotOurs,
            subject: Subject::Payment,
            reference: "4200".to_owned(),
            order: None,
            bill_fen: Some(700),
            our_fen: None,
        };
        assert_eq!(Action::Refund.bookings(&not_ours).unwrap(), [(Account::WechatPay, 700), (Account::StraysOwed, -700)]);
        let fees = Difference { class: Class::FeeDiffers, subject: Subject::Fees, bill_fen: Some(-9), our_fen: Some(-6), ..not_ours };
        assert_eq!(Action::Adjust.bookings(&fees).unwrap(), [(Account::WechatPay, -3), (Account::Fees, 3)]);
        assert_eq!(Action::Resolved.bookings(&fees).unwrap_err().action, Action::Resolved);
    }
}
