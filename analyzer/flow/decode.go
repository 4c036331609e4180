package flow

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
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
)

var (
	emailValue  = regexp.MustCompile(`(?i)^[a-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*\.[a-z]{2,24}$`)
	phoneValue  = regexp.MustCompile(`^\+?[0-9][0-9 ()./-]{5,18}[0-9]$`)
	hashValue   = regexp.MustCompile(`^(?i:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$`)
	hash64Value = regexp.MustCompile(`^[A-Za-z0-9+/_-]{43}=?$`)
	screenValue = regexp.MustCompile(`^[1-9]\d{2,3}\s*[xX,*]\s*[1-9]\d{2,3}$`)
	zoneValue   = regexp.MustCompile(`^(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc)/[A-Za-z_+-]+(/[A-Za-z_]+)?\d{0,2}$`)
	offsetValue = regexp.MustCompile(`^([+-]?\d{1,3}|[+-]\d{1,2}:?\d{2}|UTC|GMT)$`)
	localeValue = regexp.MustCompile(`^[a-zA-Z]{2,3}([-_][A-Za-z0-9]{2,4}){0,2}([,;].*)?$`)
	numberValue = regexp.MustCompile(`^\d{3,5}$`)
	hasLetter   = regexp.MustCompile(`\pL`)
)

// generic says what parameters with common names carry, whoever receives them.
// Names are as pair.key gives them. Each meaning is checked against the value.
var generic = names(map[string]string{
	email:              "email em mail useremail emailaddress customeremail hashedemail emailhash sha256email emailsha256 hem",
	phone:              "phone ph tel telephone phonenumber mobile mobilenumber sha256phonenumber phonehash",
	advertisingID:      "gclid dclid wbraid gbraid fbclid msclkid ttclid twclid lifatid irclickid epik scclid rdtcid yclid idfa gaid adid aaid maid ifa",
	deviceID:           "deviceid deviceuuid installid installationid",
	fingerprint:        "fingerprint fp devicefingerprint browserfingerprint canvashash",
	cookieID:           "uid userid cid clientid visitorid vid visitor anonymousid anonid anonymoususerid distinctid guid uuid puid muid userguid visitoruuid externalid fbp fbc mid",
	preciseLocation:    "lat lon lng latitude longitude",
	approxLocation:     "city",
	"zip_code":         "zip zipcode postal postalcode postcode",
	searchQuery:        "q query search searchterm searchterms searchquery keyword keywords searchkeyword",
	screen:             "sr screen screenresolution resolution viewport vp sw sh screenwidth screenheight screensize windowsize browsersize",
	timeZone:           "tz timezone tzo timezoneoffset tzoffset",
	language:           "ul lang language browserlanguage locale userlanguage",
	interaction:        "event eventname ev eventtype",
	"name":             "firstname fname fn lastname lname ln fullname givenname familyname surname",
	"date_of_birth":    "dob birthdate birthday dateofbirth",
	"gender":           "gender sex",
	"purchase_history": "orderid transactionid ordernumber purchasevalue",
	"inferred_profile": "segment segments visitorsegment usersegment customersegment audience audiences audiencesegment persona leadscore visitorscore propensity propensityscore churnscore ltv lifetimevalue",
	postalAddress:      "address address1 addr street streetaddress addressline1",
})

// inNested are the meanings that count in the parameters of a page's own
// address, where short names such as "cid" mean the site's own things.
var inNested = map[string]bool{email: true, phone: true, searchQuery: true, advertisingID: true, preciseLocation: true, "name": true, "zip_code": true}

func names(m map[string]string) map[string]string {
	out := map[string]string{}
	for data, list := range m {
		for name := range strings.FieldsSeq(list) {
			out[name] = data
		}
	}
	return out
}

// meaning gives the data type of a pair, or "". known is what the vendor's
// knowledge says of the parameter, "" when nothing.
func meaning(p pair, known string) string {
	value := strings.TrimSpace(p.value)
	if blank(value) {
		return ""
	}
	data := known
	if data == "" {
		data = generic[p.key()]
		if p.nested && !inNested[data] {
			data = ""
		}
	}
	if data != "" {
		if d := checked(data, p.key(), value, known != ""); d != "" {
			return d
		}
	}
	return byValue(value)
}

// byValue knows values that mean the same under every name.
func byValue(value string) string {
	switch {
	case len(value) > 254:
		return ""
	case emailValue.MatchString(value):
		return email
	case zoneValue.MatchString(value):
		return timeZone
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

func hashLike(value string) bool {
	return hashValue.MatchString(value) || hash64Value.MatchString(value)
}

// checked makes sure that a value can be what its name says. A vendor's own
// parameter is believed for types that have no shape of their own.
func checked(data, key, value string, vendors bool) string {
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
		return coordinate(value)
	case screen:
		if screenValue.MatchString(value) || numberValue.MatchString(value) {
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
		if len(value) >= 2 && len(value) <= 200 && hasLetter.MatchString(value) && !looksJSON(value) && (vendors || !strings.Contains(value, "://")) {
			return data
		}
	case "date_of_birth":
		if strings.ContainsAny(value, "0123456789") {
			return data
		}
	case "gender":
		switch strings.ToLower(value) {
		case "m", "f", "male", "female", "d", "diverse", "nonbinary", "non-binary", "other":
			return data
		}
	case "zip_code":
		if len(value) >= 3 && len(value) <= 10 && strings.ContainsAny(value, "0123456789") {
			return data
		}
	case "inferred_profile":
		// An audience may also be the address of an API that a token is for.
		if vendors || len(value) <= 200 && !strings.Contains(value, "://") {
			return data
		}
	case interaction, "name", approxLocation, postalAddress:
		if hasLetter.MatchString(value) && len(value) <= 200 {
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

// coordinate tells a precise place (three decimals are about a hundred metres)
// from a rough one.
func coordinate(value string) string {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || f < -180 || f > 180 {
		return ""
	}
	if _, decimals, ok := strings.Cut(value, "."); ok && len(decimals) >= 3 {
		return preciseLocation
	}
	return approxLocation
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
	if strings.Trim(u.Path, "/") == "" && u.RawQuery == "" {
		return referrer, u
	}
	return pageURL, u
}
