package policy

import (
	"slices"
	"strings"
)

// Some shops declare each cookie in a line of its own, with commas: "_lamp,
// unique token, persistent for 2 weeks, Keeps what is in the basket". Such
// lines stand together.

// maxCookieLine bounds such a line, in bytes.
const maxCookieLine = 400

// cookieLines reads runs of two or more such lines.
func (r *reader) cookieLines() {
	for i := 0; i < len(r.body); i++ {
		var run []map[string]string
		for i+len(run) < len(r.body) {
			found := cookieLine(r.body[i+len(run)])
			if found == nil {
				break
			}
			run = append(run, found)
		}
		if len(run) < 2 || !slices.ContainsFunc(run, func(f map[string]string) bool { return strings.ContainsAny(f["name"], "_-*0123456789") }) {
			continue
		}
		for k, found := range run {
			r.declareLine(found, i+k)
		}
		i += len(run) - 1
	}
}

// cookieLine cuts a line into name, what is in the cookie, lifetime and purpose;
// nil when it is no such line.
func cookieLine(p piece) map[string]string {
	if p.kind != "paragraph" && p.kind != "item" || len(p.text) > maxCookieLine {
		return nil
	}
	name, rest, ok := strings.Cut(p.text, ",")
	name = strings.TrimSpace(name)
	if !ok || !cookieLike(name) {
		return nil
	}
	found := map[string]string{"name": name}
	for rest != "" {
		part, after, _ := strings.Cut(rest, ",")
		part = strings.TrimSpace(part)
		if len(part) < 100 && (lifetimeDays(part) > 0 || lineLives.get().MatchString(part)) {
			found["lifetime"], found["purpose"] = part, strings.TrimSpace(after)
			return found
		}
		rest = after
	}
	return nil
}

// lineLives begin the part of a line that says how long a cookie lives.
var lineLives = lazily(`(?i)^(?:session(?:al)?|persistent|permanent|expires|lasts|valid|until|deleted)\b`)

// declareLine adds what one line says.
func (r *reader) declareLine(found map[string]string, block int) {
	class := purposeClass(lastHeading(r.body[block].path))
	if class == "" {
		class = purposeClass(found["purpose"])
	}
	if r.inLines == nil {
		r.inLines = make(map[int]bool)
	}
	r.inLines[block] = true
	r.doc.Cookies = append(r.doc.Cookies, CookieDeclaration{
		Name: found["name"], Purpose: class, PurposeText: found["purpose"], Lifetime: found["lifetime"], LifetimeDays: lifetimeDays(found["lifetime"]),
		Start: r.doc.Blocks[block].Start, End: r.doc.Blocks[block].End,
	})
}
