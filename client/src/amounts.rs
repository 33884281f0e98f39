//! Amounts: plancks to the chain, ASY to people.

/// Decimals of an ASY in plancks.
const DECIMALS: usize = 12;

/// Plancks, in ASY.
pub fn amount(plancks: u128) -> String {
	let unit = 10u128.pow(DECIMALS as u32);
	let (whole, rest) = (plancks / unit, plancks % unit);
	let fraction = format!("{rest:0DECIMALS$}");
	match fraction.trim_end_matches('0') {
		"" => format!("{whole} ASY"),
		fraction => format!("{whole}.{fraction} ASY"),
	}
}

/// Plancks of an amount in ASY.
pub fn parse_amount(text: &str) -> Result<u128, String> {
	let wrong = || format!("`{text}` is no amount: give ASY, like 1000 or 0.25");
	let digits = text.trim_end_matches("ASY").trim();
	let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
	let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
	if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || fraction.len() > DECIMALS {
		return Err(wrong());
	}
	format!("{whole}{fraction:0<DECIMALS$}").parse().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn amounts_are_in_asy() {
		for (plancks, text) in [(0, "0 ASY"), (1, "0.000000000001 ASY"), (1_500_000_000_000, "1.5 ASY")] {
			assert_eq!(amount(plancks), text);
			assert_eq!(parse_amount(text), Ok(plancks));
		}
		assert_eq!(parse_amount("1000"), Ok(1_000_000_000_000_000));
		for wrong in ["", ".", ".5", "-1", "1e3", "0.0000000000001", "x", &"9".repeat(40)] {
			assert!(parse_amount(wrong).is_err(), "{wrong}");
		}
	}
}
