package survey

import (
	"encoding/json"
	"errors"
	"math/big"
	"regexp"
	"strings"
	"unicode"
)

// maxDigits is the longest number in characters.
const maxDigits = 100

var (
	errNumber    = errors.New("not a number")
	errAmbiguous = errors.New("a comma that may separate thousands or decimals")
)

// grouped is a whole number with spaces between its thousands.
var grouped = regexp.MustCompile(`^[+-]?[0-9]{1,3}( [0-9]{3})+([.,][0-9]*)?$`)

// typedNumber reads a number as people write it: with a decimal point or comma, spaces between thousands, in the digits of
// their script. Its digits are kept one by one, without leading zeros. A comma before exactly three digits may mean
// thousands as well as decimals: errAmbiguous.
func typedNumber(s string) (json.Number, error) {
	s = strings.Map(plainDigit, strings.TrimSpace(s))
	if len(s) > maxDigits {
		return "", errNumber
	}
	if grouped.MatchString(s) {
		s = strings.ReplaceAll(s, " ", "")
	}
	whole, fraction, comma := strings.Cut(s, ",")
	if !comma {
		return decimal(s)
	}
	n, err := decimal(whole + "." + fraction)
	if err != nil || strings.Contains(whole, ".") {
		return "", errNumber
	}
	digits := strings.TrimLeft(whole, "+-")
	if len(fraction) == 3 && len(digits) <= 3 && digits != "" && digits[0] != '0' {
		return "", errAmbiguous
	}
	return n, nil
}

// plainDigit turns the digits, signs and spaces of other scripts into those of ASCII.
func plainDigit(r rune) rune {
	switch r {
	case '\u2212': // minus sign
		return '-'
	case '\u066B': // Arabic decimal separator
		return '.'
	case '\u00A0', '\u202F', '\u2009': // spaces that do not break
		return ' '
	}
	// Decimal digits stand in runs of ten from zero to nine (Unicode §4.6); only the mathematical ones, which nobody
	// types, follow each other without a gap.
	if r > unicode.MaxASCII && r < 0x1D7CE && unicode.Is(unicode.Nd, r) {
		n := rune(0)
		for n < 9 && unicode.Is(unicode.Nd, r-n-1) {
			n++
		}
		return '0' + n
	}
	return r
}

// decimal checks plain digits with an optional sign and point, and brings them into the form that JSON has (RFC 8259 §6).
func decimal(s string) (json.Number, error) {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign = "-"
	}
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return "", errNumber
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if whole == "0" && strings.Trim(fraction, "0") == "" {
		sign = ""
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return json.Number(sign + whole + fraction), nil
}

// sentNumber reads a number that a program sent. Exponents are written out, since answers are digits.
func sentNumber(s string) (json.Number, error) {
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(s), "e")
	if !scientific {
		if len(s) > maxDigits {
			return "", errNumber
		}
		return decimal(s)
	}
	if len(mantissa) > maxDigits || len(exponent) > 3 {
		return "", errNumber
	}
	r, ok := new(big.Rat).SetString(mantissa + "e" + exponent)
	if !ok {
		return "", errNumber
	}
	text := strings.TrimRight(r.FloatString(2*maxDigits), "0")
	if len(text) > 2*maxDigits {
		return "", errNumber
	}
	return decimal(strings.TrimSuffix(text, "."))
}

// compareNumber compares digits with a limit, exactly.
func compareNumber(n json.Number, limit float64) int {
	r, ok := new(big.Rat).SetString(n.String())
	l := new(big.Rat).SetFloat64(limit)
	if !ok || l == nil {
		return 0
	}
	return r.Cmp(l)
}

// decimals counts the digits after the point.
func decimals(n json.Number) int {
	_, fraction, _ := strings.Cut(n.String(), ".")
	return len(fraction)
}
