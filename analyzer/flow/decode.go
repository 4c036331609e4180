package flow

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"candor/analyzer/flow/payload"
	"candor/rules"
)

// Data type ids that the decoders give. They are ids of rules/terms.
const (
	ipAddress       = "ip_address"
	userAgent       = "user_agent"
	cookieID        = "cookie_identifier"
	advertisingID   = "advertising_identifier"
	deviceID        = "device_identifier"
	fingerprint     = "device_fingerprint"
	pageURL         = "page_url"
	referrer        = "referrer"
	searchQuery     = "search_query"
	interaction     = "interaction_events"
	screen          = "screen_properties"
	timeZone        = "time_zone"
	language        = "language"
	approxLocation  = "approximate_location"
	preciseLocation = "precise_location"
	email           = "email"
	emailHash       = "email_hash"
	phone           = "phone"
	phoneHash       = "phone_hash"
	postalAddress   = "postal_address"
	birthDate       = "date_of_birth"
	paymentCard     = "payment_card"
	postCode        = "zip_code"
	inferredProfile = "inferred_profile"

	sessionRecording = "session_recording"
)

// maxValue bounds a value that is looked at, in bytes.
const maxValue = payload.MaxValue

var (
	emailValue  = regexp.MustCompile(`(?i)^[a-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*\.[a-z]{2,24}$`)
	phoneValue  = regexp.MustCompile(`^\+?[0-9][0-9 ()./-]{5,18}[0-9]$`)
	screenValue = regexp.MustCompile(`^[1-9]\d{2,3}\s*[xX,*]\s*[1-9]\d{2,3}$`)
	zoneValue   = regexp.MustCompile(`^(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc)/[A-Za-z_+-]+(/[A-Za-z_]+)?\d{0,2}$`)
	offsetValue = regexp.MustCompile(`^([+-]?\d{1,3}|[+-]\d{1,2}:?\d{2}|UTC|GMT)$`)
	localeValue = regexp.MustCompile(`^[a-zA-Z]{2,3}([-_][A-Za-z0-9]{2,4}){0,2}([,;].*)?$`)
	numberValue = regexp.MustCompile(`^\d{3,5}$`)
	pairValue   = regexp.MustCompile(`^\[?\s*(-?\d{1,2}\.\d+)\s*[,;|]\s*(-?\d{1,3}\.\d+)\s*\]?$`)
	exactPair   = regexp.MustCompile(`^-?\d{1,2}\.\d{4,},\s*-?\d{1,3}\.\d{4,}$`)
	isoDate     = regexp.MustCompile(`^(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})([T ].*)?$`)
	localDate   = regexp.MustCompile(`^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$`)
	fileValue   = regexp.MustCompile(`(?i)\.(js|mjs|css|map|json|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|mp4|webm)$`)
	ssnValue    = regexp.MustCompile(`^\d{3}-?\d{2}-?\d{4}$`)
)

// generic says what parameters with common names carry, whoever receives them.
// Names are as payload.Pair.Key gives them. Each meaning is checked against the
// value.
var generic = names(map[string]string{
	email:              "email em mail useremail emailaddress customeremail contactemail hashedemail emailhash emailsha1 emailmd5 sha256email emailsha256 md5email sha1email hem",
	phone:              "phone ph tel telephone phonenumber mobile mobilenumber cellphone sha256phonenumber hashedphone phonehash",
	advertisingID:      "gclid dclid wbraid gbraid fbclid msclkid ttclid twclid lifatid irclickid epik scclid sccid rdtcid yclid idfa gaid adid aaid maid ifa",
	deviceID:           "deviceid deviceuuid installid installationid",
	fingerprint:        "fingerprint fp devicefingerprint browserfingerprint canvashash",
	cookieID:           "uid userid cid clientid visitorid vid visitor anonymousid anonid anonymoususerid distinctid guid uuid puid muid userguid visitoruuid externalid fbp fbc mid",
	preciseLocation:    "lat lon lng latitude longitude ll latlng latlon coords coordinates geolocation gps",
	approxLocation:     "city",
	postCode:           "zip zipcode postal postalcode postcode",
	searchQuery:        "q query search searchterm searchterms searchquery searchstring sitesearch keyword keywords searchkeyword",
	screen:             "sr screen screenresolution resolution viewport vp sw sh screenwidth screenheight screensize windowsize browsersize",
	timeZone:           "tz timezone tzo timezoneoffset tzoffset",
	language:           "ul lang language browserlanguage locale userlanguage",
	interaction:        "event eventname ev eventtype",
	"name":             "firstname fname fn lastname lname ln fullname givenname familyname surname",
	birthDate:          "dob birthdate birthday dateofbirth bday geburtsdatum birthyear yearofbirth",
	"age":              "age userage",
	"gender":           "gender sex",
	"purchase_history": "orderid transactionid ordernumber purchasevalue",
	postalAddress:      "address address1 addr street streetaddress addressline1",
	paymentCard:        "cardnumber ccnumber ccnum creditcard creditcardnumber pan",
	"government_id":    "ssn socialsecuritynumber",
	"password":         "password passwd pwd userpassword",
})

// inNested are the meanings that count in the parameters of a page's own
// address, where short names such as "cid" mean the site's own things.
var inNested = map[string]bool{
	email: true, phone: true, searchQuery: true, advertisingID: true, preciseLocation: true, "name": true, postCode: true, birthDate: true,
	paymentCard: true, "government_id": true, "password": true,
}

func names(m map[string]string) map[string]string {
	out := map[string]string{}
	for data, list := range m {
		for name := range strings.FieldsSeq(list) {
			out[name] = data
		}
	}
	return out
}

// meaning gives the data type of a pair, or "". The rule is what the vendor's
// knowledge says of the parameter, nil when nothing. A rule for many parameters
// at once ("ep.*") only decides what the name and value do not.
func meaning(p payload.Pair, rule *rules.Param) string {
	value := strings.TrimSpace(p.Value)
	if blank(value) {
		return ""
	}
	key := p.Key()
	if data := byValue(value); data != "" {
		return data
	}
	if rule != nil && rule.Data != "" && !rule.Broad() {
		if d := checked(rule.Data, key, value, true); d != "" {
			return d
		}
	}
	if data := generic[key]; data != "" && (!p.Nested || inNested[data]) {
		if d := checked(data, key, value, false); d != "" {
			return d
		}
	}
	if rule != nil && rule.Broad() {
		return checked(rule.Data, key, value, !identifiers[rule.Data])
	}
	return ""
}

// identifiers are types whose values look unique. A rule for many parameters
// does not make an identifier of a word.
var identifiers = map[string]bool{cookieID: true, deviceID: true, advertisingID: true, fingerprint: true}

// byValue knows values that mean the same under every name.
func byValue(value string) string {
	switch {
	case len(value) > 254:
		return ""
	case strings.IndexByte(value, '@') > 0 && emailValue.MatchString(value):
		return email
	case strings.IndexByte(value, '/') > 0 && value[0] >= 'A' && value[0] <= 'P' && zoneValue.MatchString(value):
		return timeZone
	case strings.IndexByte(value, ',') > 0 && value[0] <= '9' && exactPair.MatchString(value) && place(value) != "":
		return preciseLocation
	}
	return ""
}

func blank(value string) bool {
	switch strings.ToLower(value) {
	case "", "0", "-", "null", "undefined", "none", "nan", "false", "(not set)", "not_set", "unknown", "[object object]":
		return true
	}
	return false
}

// hashLike reports whether a value is as long as a hash and written as one: in
// hexadecimal digits, or 256 bits in base64 of either alphabet.
func hashLike(value string) bool {
	hex := false
	switch len(value) {
	case 32, 40, 64, 128:
		hex = true
	case 44:
		if value[43] != '=' {
			return false
		}
		value = value[:43]
	case 43:
	default:
		return false
	}
	for i := range len(value) {
		c := value[i]
		digit := c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
		if !digit && (hex || !isWordByte(c) && !strings.ContainsRune("+/_-", rune(c))) {
			return false
		}
	}
	return true
}

// inWords are types that are said in words: a setting under such a name ("password:
// true" of a recorder that masks passwords) is none.
var inWords = map[string]bool{"name": true, "username": true, "password": true, postalAddress: true, approxLocation: true, searchQuery: true}

func setting(value string) bool {
	switch strings.ToLower(value) {
	case "true", "yes", "no", "on", "off", "enabled", "disabled":
		return true
	}
	return false
}

// checked makes sure that a value can be what its name says. A vendor's own
// parameter is believed for types that have no shape of their own.
func checked(data, key, value string, vendors bool) string {
	if inWords[data] && setting(value) {
		return ""
	}
	switch data {
	case email, emailHash:
		return plainOrHash(value, emailValue, email, emailHash)
	case phone, phoneHash:
		return plainOrHash(value, phoneValue, phone, phoneHash)
	case cookieID, deviceID, fingerprint, advertisingID:
		if vendors && len(value) >= 4 || IdentifierLike(value) || len(value) >= 16 && !strings.Contains(value, " ") {
			return data
		}
	case pageURL, referrer:
		if vendors {
			return data
		}
	case preciseLocation:
		return place(value)
	case screen:
		if vendors || screenValue.MatchString(value) || numberValue.MatchString(value) {
			return data
		}
	case timeZone:
		if zoneValue.MatchString(value) || offsetValue.MatchString(value) {
			return data
		}
	case language:
		if localeValue.MatchString(value) {
			return data
		}
	case searchQuery:
		if len(value) >= 2 && len(value) <= 200 && strings.ContainsFunc(value, unicode.IsLetter) && !strings.ContainsAny(value[:1], "{[") && (vendors || !strings.Contains(value, "://")) {
			return data
		}
	case birthDate:
		if hashLike(value) || bornOn(value) {
			return data
		}
	case "age":
		if n, err := strconv.Atoi(value); err == nil && n >= 5 && n <= 115 || vendors {
			return data
		}
	case paymentCard:
		if cardNumber(value) {
			return data
		}
	case "government_id":
		if vendors || ssnValue.MatchString(value) {
			return data
		}
	case "password":
		if len(value) >= 4 && len(value) <= 200 && !strings.ContainsAny(value, "{}<>") && strings.Trim(value, "*•x") != "" {
			return data
		}
	case "gender":
		if vendors && hashLike(value) {
			return data
		}
		switch strings.ToLower(value) {
		case "m", "f", "male", "female", "d", "diverse", "nonbinary", "non-binary", "other":
			return data
		}
	case postCode:
		if hashLike(value) || len(value) >= 3 && len(value) <= 10 && strings.ContainsAny(value, "0123456789") {
			return data
		}
	case inferredProfile:
		// An audience may also be the address of an API that a token is for.
		if vendors || len(value) <= 200 && !strings.Contains(value, "://") {
			return data
		}
	case interaction, "name", approxLocation, postalAddress:
		if strings.ContainsFunc(value, unicode.IsLetter) && len(value) <= 200 {
			return data
		}
	default:
		return data
	}
	return ""
}

func plainOrHash(value string, shape *regexp.Regexp, plain, hashed string) string {
	switch {
	case hashLike(value):
		return hashed
	case shape.MatchString(value):
		return plain
	}
	return ""
}

// place tells a precise place (three decimals are about a hundred metres) from
// a rough one. A value is a coordinate, or latitude and longitude together.
func place(value string) string {
	if m := pairValue.FindStringSubmatch(value); m != nil {
		lat, lon := coordinate(m[1], 90), coordinate(m[2], 180)
		if lat == "" || lon == "" {
			return ""
		}
		return lat
	}
	return coordinate(value, 180)
}

func coordinate(value string, limit float64) string {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || f < -limit || f > limit || f == 0 {
		return ""
	}
	if _, decimals, ok := strings.Cut(value, "."); ok && len(decimals) >= 3 {
		return preciseLocation
	}
	return approxLocation
}

// bornOn reports whether a value can be a date of birth: a date, or a year.
// What is named so and cannot be one (a flag, a label) is none.
func bornOn(value string) bool {
	year := func(s string) bool {
		n, err := strconv.Atoi(s)
		return err == nil && n >= 1900 && n <= 2100
	}
	part := func(s string, most int) bool {
		n, err := strconv.Atoi(s)
		return err == nil && n >= 1 && n <= most
	}
	if m := isoDate.FindStringSubmatch(value); m != nil {
		return year(m[1]) && part(m[2], 12) && part(m[3], 31)
	}
	if m := localDate.FindStringSubmatch(value); m != nil {
		return year(m[3]) && part(m[1], 31) && part(m[2], 31) && (part(m[1], 12) || part(m[2], 12))
	}
	return year(value)
}

// cardNumber reports whether a value is a payment card's number: 13 to 19 digits
// with a right check digit (ISO/IEC 7812-1).
func cardNumber(value string) bool {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(value)
	if len(digits) < 13 || len(digits) > 19 || strings.Count(digits, digits[:1]) == len(digits) {
		return false
	}
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// isFile is fileValue.MatchString, which only a path with a dot near its end can
// fulfil.
func isFile(path string) bool {
	i := strings.LastIndexByte(path, '.')
	return i >= 0 && len(path)-i <= 8 && fileValue.MatchString(path)
}

// address says what an address that was sent tells of the visit: the page
// (pageURL), only its site (referrer), or nothing of the kind.
func address(value string, first func(host string) bool) (data string, u *url.URL) {
	if !strings.HasPrefix(value, "http://") && !strings.HasPrefix(value, "https://") || len(value) > maxValue {
		return "", nil
	}
	u, err := url.Parse(value)
	if err != nil || !first(u.Hostname()) {
		return "", nil
	}
	switch {
	case strings.Trim(u.Path, "/") == "" && u.RawQuery == "":
		return referrer, u
	case isFile(u.Path):
		return "", nil // a script or picture of the page
	}
	return pageURL, u
}
