//! What the SKUs of a product differ in: specs and their values, added, renamed, put in order, removed.
//! - S1 Each SKU has one value of each spec, in the order of the specs, and no two SKUs have the same ones: after each edit as before it.
//! - S2 What a SKU has cannot be taken away from under it: a value or a spec is removed only if all SKUs stay different without it.
//!
//! `edit` of [`Variants`] is pure; [`edit`] carries it out. Orders keep the text of their SKU's spec as it was.

use mallcore_actors::ids::SkuId;
use mallcore_actors::time::Timestamp;

use super::products::{check_specs, invalid, json, spec_text, spec_text_fits};
use super::{EditError, after, write};
use crate::features::catalog::snapshot::Spec;
use crate::platform::database::{Database, Error, Row};
use crate::platform::outbox::{self, Message, Topic};

/// A change of a product's specs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpecEdit {
    /// Another spec, of which all SKUs that are there have this value.
    Add {
        /// What the SKUs will differ in.
        name: String,
        /// The value of those that are there.
        value: String,
    },
    /// Another name for a spec.
    Rename {
        /// Name of the spec.
        name: String,
        /// What it is called from now on.
        to: String,
    },
    /// A spec that the SKUs are different without.
    Remove {
        /// Name of the spec.
        name: String,
    },
    /// The specs in this order.
    Order {
        /// All of them.
        names: Vec<String>,
    },
    /// Another value of a spec, behind the others.
    AddValue {
        /// Name of the spec.
        name: String,
        /// Text of the value.
        value: String,
    },
    /// Another text for a value; the SKUs that have it have the new one.
    RenameValue {
        /// Name of the spec.
        name: String,
        /// Text of the value.
        value: String,
        /// What it is from now on.
        to: String,
    },
    /// A value that no SKU has.
    RemoveValue {
        /// Name of the spec.
        name: String,
        /// Text of the value.
        value: String,
    },
    /// The values of a spec in this order.
    OrderValues {
        /// Name of the spec.
        name: String,
        /// All of its values.
        values: Vec<String>,
    },
}

/// A product's specs, and each SKU's values of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Variants {
    pub specs: Vec<Spec>,
    pub skus: Vec<(SkuId, Vec<String>)>,
}

impl Variants {
    /// From the rows of the SKUs (`id, spec_values, …`) and the product's column `specs`.
    pub fn read(specs: Option<String>, skus: &[Row]) -> Result<Self, Error> {
        let specs = specs.and_then(|specs| serde_json::from_str(&specs).ok()).unwrap_or_default();
        let sku = |row: &Row| {
            let values = row.text_or_null(1)?.and_then(|values| serde_json::from_str(&values).ok()).unwrap_or_default();
            Ok((row.id(0, SkuId::new)?, values))
        };
        Ok(Self { specs, skus: skus.iter().map(sku).collect::<Result<_, Error>>()? })
    }

    /// Carries an edit out.
    ///
    /// # Errors
    /// [`EditError::Invalid`] naming what is wrong.
    pub fn edit(&mut self, edit: &SpecEdit) -> Result<(), EditError> {
        match edit {
            SpecEdit::Add { name, value } => {
                self.specs.push(Spec { name: name.trim().to_owned(), values: vec![value.trim().to_owned()] });
                self.skus.iter_mut().for_each(|(_, values)| values.push(value.trim().to_owned()));
            }
            SpecEdit::Rename { name, to } => {
                let place = self.place(name)?;
                self.specs[place].name = to.trim().to_owned();
            }
            SpecEdit::Remove { name } => {
                let place = self.place(name)?;
                self.specs.remove(place);
                self.skus.iter_mut().filter(|(_, values)| place < values.len()).for_each(|(_, values)| drop(values.remove(place)));
            }
            SpecEdit::Order { names } => {
                let names_now: Vec<String> = self.specs.iter().map(|spec| spec.name.clone()).collect();
                let order = permutation(&names_now, names)?;
                self.specs = order.iter().filter_map(|place| self.specs.get(*place).cloned()).collect();
                for (_, values) in &mut self.skus {
                    *values = order.iter().filter_map(|place| values.get(*place).cloned()).collect();
                }
            }
            SpecEdit::AddValue { name, value } => {
                let place = self.place(name)?;
                self.specs[place].values.push(value.trim().to_owned());
            }
            SpecEdit::RenameValue { name, value, to } => {
                let (place, at) = self.value(name, value)?;
                self.specs[place].values[at] = to.trim().to_owned();
                let having = self.skus.iter_mut().filter_map(|(_, values)| values.get_mut(place)).filter(|has| *has == value);
                having.for_each(|has| *has = to.trim().to_owned());
            }
            SpecEdit::RemoveValue { name, value } => {
                let (place, at) = self.value(name, value)?;
                if let Some((sku, _)) = self.skus.iter().find(|(_, values)| values.get(place) == Some(value)) {
                    return Err(invalid("value", format!("SKU {sku} is {value}")));
                }
                self.specs[place].values.remove(at);
            }
            SpecEdit::OrderValues { name, values } => {
                let place = self.place(name)?;
                permutation(&self.specs[place].values, values)?;
                self.specs[place].values.clone_from(values);
            }
        }
        self.check()
    }

    /// S1, and the limits of specs.
    fn check(&self) -> Result<(), EditError> {
        check_specs(&self.specs)?;
        for (place, (sku, values)) in self.skus.iter().enumerate() {
            if let Some((other, _)) = self.skus[..place].iter().find(|(_, earlier)| earlier == values) {
                return Err(invalid("specs", format!("SKU {other} and SKU {sku} would be the same")));
            }
            spec_text_fits(values)?;
        }
        Ok(())
    }

    fn place(&self, name: &str) -> Result<usize, EditError> {
        let place = self.specs.iter().position(|spec| spec.name == name);
        place.ok_or_else(|| invalid("spec", format!("the product has no spec {name}")))
    }

    fn value(&self, name: &str, value: &str) -> Result<(usize, usize), EditError> {
        let place = self.place(name)?;
        let at = self.specs[place].values.iter().position(|known| known == value);
        Ok((place, at.ok_or_else(|| invalid("value", format!("{name} has no value {value}")))?))
    }
}

/// Where each of `wanted` stands in `now`; both have to be the same texts.
fn permutation(now: &[String], wanted: &[String]) -> Result<Vec<usize>, EditError> {
    let places: Vec<usize> = wanted.iter().filter_map(|text| now.iter().position(|known| known == text)).collect();
    let mut each_once = places.clone();
    each_once.sort_unstable();
    if wanted.len() != now.len() || !each_once.iter().copied().eq(0..now.len()) {
        return Err(invalid("order", format!("each of {} once is wanted", now.join(", "))));
    }
    Ok(places)
}

/// Changes the specs of a product and the values of its SKUs. Returns the row of the outbox, or none if it was so already.
///
/// # Errors
/// [`EditError::UnknownProduct`]; [`EditError::Invalid`] names what is wrong, and nothing has changed then.
pub async fn edit(database: &Database, product: u64, edit: &SpecEdit, now: Timestamp) -> Result<Option<u64>, EditError> {
    write(database, async |tx| {
        let skus = tx.lock("SELECT id, spec_values FROM skus WHERE product_id = ? ORDER BY id", vec![product.into()]).await?;
        let found = tx.lock("SELECT specs, updated_at FROM products WHERE id = ?", vec![product.into()]).await?;
        let row = found.first().ok_or(EditError::UnknownProduct(product))?;
        let before = Variants::read(row.text_or_null(0)?, &skus)?;
        let mut wanted = before.clone();
        wanted.edit(edit)?;
        if wanted == before {
            return Ok(None);
        }
        for ((sku, values), (_, earlier)) in wanted.skus.iter().zip(&before.skus) {
            if values != earlier {
                let text = "UPDATE skus SET spec = ?, spec_values = ?, updated_at = ? WHERE id = ?";
                tx.execute(text, vec![spec_text(values).into(), json(values), now.into(), sku.get().into()]).await?;
            }
        }
        let values = vec![json(&wanted.specs), after(row.time(1)?, now).into(), product.into()];
        tx.execute("UPDATE products SET specs = ?, updated_at = ? WHERE id = ?", values).await?;
        Ok(Some(outbox::append(tx, &Message::changed(Topic::Product, product), now).await?))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    /// White M and black M.
    fn shirt() -> Variants {
        let spec = |name: &str, values: &[&str]| Spec { name: name.into(), values: texts(values) };
        let sku = |id: u64, values: &[&str]| (SkuId::new(id).unwrap(), texts(values));
        Variants {
            specs: vec![spec("颜色", &["白", "黑", "红"]), spec("尺码", &["M"])],
            skus: vec![sku(1, &["白", "M"]), sku(2, &["黑", "M"])],
        }
    }

    fn edited(edit: &SpecEdit) -> Result<Variants, String> {
        let mut shirt = shirt();
        shirt.edit(edit).map(|()| shirt).map_err(|refused| refused.to_string())
    }

    fn values(of: &Variants) -> Vec<String> {
        of.skus.iter().map(|(_, values)| values.join("/")).collect()
    }

    #[test]
    fn skus_follow_what_is_renamed_added_and_put_in_order() {
        let (name, value) = ("颜色".to_owned(), "白".to_owned());
        let renamed = edited(&SpecEdit::RenameValue { name: name.clone(), value, to: "米白".into() }).unwrap();
        assert_eq!((values(&renamed), &renamed.specs[0].values), (texts(&["米白/M", "黑/M"]), &texts(&["米白", "黑", "红"])));
        let ordered = edited(&SpecEdit::Order { names: texts(&["尺码", "颜色"]) }).unwrap();
        assert_eq!((values(&ordered), &*ordered.specs[1].name), (texts(&["M/白", "M/黑"]), "颜色"));
        let added = edited(&SpecEdit::Add { name: "面料".into(), value: "棉".into() }).unwrap();
        assert_eq!((values(&added), added.specs.len()), (texts(&["白/M/棉", "黑/M/棉"]), 3));
        let removed = edited(&SpecEdit::Remove { name: "尺码".into() }).unwrap();
        assert_eq!((values(&removed), removed.specs.len()), (texts(&["白", "黑"]), 1));
        let turned = edited(&SpecEdit::OrderValues { name: name.clone(), values: texts(&["红", "黑", "白"]) }).unwrap();
        assert_eq!((values(&turned), &turned.specs[0].values), (values(&shirt()), &texts(&["红", "黑", "白"])));
        let without = edited(&SpecEdit::RemoveValue { name, value: "红".into() }).unwrap();
        assert_eq!(without.specs[0].values, texts(&["白", "黑"]));
    }

    #[test]
    fn what_would_take_something_from_a_sku_is_refused_by_name() {
        let name = || "颜色".to_owned();
        for (edit, said) in [
            (SpecEdit::Remove { name: name() }, "SKU 1 and SKU 2 would be the same"),
            (SpecEdit::RemoveValue { name: name(), value: "白".into() }, "SKU 1 is 白"),
            (SpecEdit::RemoveValue { name: name(), value: "蓝".into() }, "颜色 has no value 蓝"),
            (SpecEdit::RenameValue { name: name(), value: "白".into(), to: "黑".into() }, "each once"),
            (SpecEdit::AddValue { name: name(), value: "黑".into() }, "each once"),
            (SpecEdit::AddValue { name: "面料".into(), value: "棉".into() }, "the product has no spec 面料"),
            (SpecEdit::Add { name: name(), value: "棉".into() }, "颜色 is named twice"),
            (SpecEdit::Rename { name: name(), to: "尺码".into() }, "尺码 is named twice"),
            (SpecEdit::Order { names: texts(&["颜色", "颜色"]) }, "each of 颜色, 尺码 once"),
            (SpecEdit::OrderValues { name: name(), values: texts(&["白", "黑"]) }, "each of 白, 黑, 红 once"),
        ] {
            let refused = edited(&edit).unwrap_err();
            assert!(refused.contains(said), "{edit:?}: {refused}");
        }
    }
}
