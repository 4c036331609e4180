package evidence

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// Marker writes keyed hashes in the place of values that may identify a person.
// Equal values of one scan have equal marks; the key is in the evidence only, so
// that a reader of a report cannot try values out.
type Marker struct{ key []byte }

// Marker returns the marker of a scan.
func (m Meta) Marker() Marker {
	key := m.RedactionKey
	if key == "" { // evidence of an earlier version
		key = m.ScanID
	}
	return Marker{[]byte(key)}
}

// Mark returns "~" and 32 bits of the HMAC-SHA-256 of a value in hexadecimal:
// enough to tell the few that stand in one report apart.
func (k Marker) Mark(value string) string {
	return "~" + hex.EncodeToString(k.sum(value)[:4])
}

func (k Marker) sum(value string) []byte {
	h := hmac.New(sha256.New, k.key)
	h.Write([]byte(value))
	return h.Sum(nil)
}
