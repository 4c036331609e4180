package rules

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/andybalholm/cascadia"
)

// ConsentPlatform is how the banner of one consent platform works: where its
// controls are, and what it keeps of a choice. A list of selectors means: the
// first one that is visible. Selectors are CSS, and are looked for in shadow
// roots too.
type ConsentPlatform struct {
	ID     string `yaml:"id"`
	Name   string `yaml:"name"`
	Vendor string `yaml:"vendor"` // id of a vendor in trackers; "" when it has none
	// Frame is a part of the address of the frame that shows the first layer,
	// SecondFrame the same of the second one; "" when the page itself shows it.
	Frame       string   `yaml:"frame"`
	SecondFrame string   `yaml:"second_frame"`
	Detect      []string `yaml:"detect"` // visible when the banner is shown
	Accept      []string `yaml:"accept"`
	Reject      []string `yaml:"reject"`
	Settings    []string `yaml:"settings"`   // opens the second layer
	RejectAll   []string `yaml:"reject_all"` // refuses everything in the second layer
	AcceptAll   []string `yaml:"accept_all"` // the same for accepting
	Toggles     []string `yaml:"toggles"`    // switches of purposes that are not necessary
	Save        []string `yaml:"save"`
	Reopen      []string `yaml:"reopen"`    // shows the choice again after it was made
	Vendors     []string `yaml:"vendors"`   // elements whose texts are names of vendors
	ByWords     string   `yaml:"by_words"`  // why the controls are told by what they say, and not by selectors
	NoReject    string   `yaml:"no_reject"` // why there is no way to refuse
	NoReopen    string   `yaml:"no_reopen"` // why no control of the platform's own reopens the choice

	Signs   []ConsentSign `yaml:"signs"`
	NoSigns string        `yaml:"no_signs"` // why nothing tells of the choice
	Tested  []string      `yaml:"tested"`   // packages of which a test operates the banner: "klaro@0.7.22"; empty when only documents were read
	Sources []Source      `yaml:"sources"`
}

// ConsentSign is one thing that a platform keeps of the choice: a cookie, a key
// of local storage, or what a function or property of window says. Name and key
// may hold "*" for any characters.
type ConsentSign struct {
	Cookie  string `yaml:"cookie"`
	Storage string `yaml:"storage"`
	API     string `yaml:"api"`    // path from window: "Cookiebot.consent.marketing", "UC_UI.areAllConsentsAccepted()"
	Accept  string `yaml:"accept"` // RE2 that its value, percent-decoded, matches after everything was accepted; "" when it tells nothing
	Reject  string `yaml:"reject"` // the same after everything was refused
}

// ConsentWords are what banners say in one language, in lower case. A phrase
// matches whole words.
type ConsentWords struct {
	Language string   `yaml:"language"` // ISO 639-1
	Name     string   `yaml:"name"`     // in English
	Topic    []string `yaml:"topic"`    // what a banner speaks of
	Accept   []string `yaml:"accept"`
	Reject   []string `yaml:"reject"`
	Settings []string `yaml:"settings"`
	Save     []string `yaml:"save"`
	Close    []string `yaml:"close"`
	Reopen   []string `yaml:"reopen"`
	OptOut   []string `yaml:"opt_out"` // controls and links that end sale, sharing or targeted advertising
	Not      []string `yaml:"not"`     // of what looks like a banner and is none
	Pay      []string `yaml:"pay"`     // of a control that refuses only for money
}

// Bounds of a platform's file and of a language's, in entries and bytes.
const (
	maxSelectors   = 24
	maxSelector    = 300
	maxSigns       = 12
	maxSignPattern = 300
	maxWords       = 150
	maxWord        = 120
)

type namedList struct {
	key  string
	list []string
}

func (p *ConsentPlatform) selectors() []namedList {
	return []namedList{
		{"detect", p.Detect}, {"accept", p.Accept}, {"reject", p.Reject}, {"settings", p.Settings}, {"reject_all", p.RejectAll},
		{"accept_all", p.AcceptAll}, {"toggles", p.Toggles}, {"save", p.Save}, {"reopen", p.Reopen}, {"vendors", p.Vendors},
	}
}

func (w *ConsentWords) lists() []namedList {
	return []namedList{
		{"topic", w.Topic}, {"accept", w.Accept}, {"reject", w.Reject}, {"settings", w.Settings}, {"save", w.Save},
		{"close", w.Close}, {"reopen", w.Reopen}, {"opt_out", w.OptOut}, {"not", w.Not}, {"pay", w.Pay},
	}
}

// Rejection says where everything can be refused: "first layer", "second layer",
// "switches", "as the words say", or "none".
func (p *ConsentPlatform) Rejection() string {
	switch {
	case len(p.Reject) > 0:
		return "first layer"
	case len(p.RejectAll) > 0:
		return "second layer"
	case len(p.Toggles) > 0 && len(p.Save) > 0:
		return "switches"
	case p.ByWords != "":
		return "as the words say"
	}
	return "none"
}

func (ld *loader) checkConsentPlatform(p *ConsentPlatform, f *file) {
	ld.checkID(p, f, p.ID)
	if p.Name == "" {
		ld.fault(p, nil, "name is missing; expected the platform's name")
	}
	known := func(id string) bool {
		return slices.ContainsFunc(ld.set.Vendors, func(v *Vendor) bool { return v.ID == id })
	}
	switch {
	case p.Vendor != "" && !known(p.Vendor):
		ld.fault(p, []any{"vendor"}, "unknown vendor %q; expected the id of a file in trackers", p.Vendor)
	case p.Vendor == "" && known(p.ID):
		ld.fault(p, nil, "vendor is missing; expected %q, which is in trackers", p.ID)
	}
	for _, frame := range []struct{ key, part string }{{"frame", p.Frame}, {"second_frame", p.SecondFrame}} {
		if frame.part != "" && (len(frame.part) < 4 || len(frame.part) > maxSelector) {
			ld.fault(p, []any{frame.key}, "%s %q; expected a part of the frame's address, 4 to %d bytes", frame.key, frame.part, maxSelector)
		}
	}
	ld.checkSelectors(p)
	ld.checkWays(p)
	ld.checkSigns(p)
	for i, t := range p.Tested {
		if name, version, ok := cutLast(t, "@"); !ok || name == "" || version == "" {
			ld.fault(p, []any{"tested", i}, "tested %q; expected a package and its version like klaro@0.7.22", t)
		}
	}
	ld.checkSources(p, p.Sources)
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// notCSS are what the parser takes and browsers do not.
var notCSS = regexp.MustCompile(`:(?:contains|containsown|matches|matchesown|haschild|input)\b|!=|#=`)

func (ld *loader) checkSelectors(p *ConsentPlatform) {
	for _, list := range p.selectors() {
		if len(list.list) > maxSelectors {
			ld.fault(p, []any{list.key, maxSelectors}, "%d selectors in %s; expected at most %d", len(list.list), list.key, maxSelectors)
		}
		seen := make(map[string]bool)
		for i, s := range list.list {
			if err := checkSelector(s); err != nil {
				ld.fault(p, []any{list.key, i}, "selector %q: %v; expected a CSS selector", s, err)
			} else if seen[s] {
				ld.fault(p, []any{list.key, i}, "selector %q is listed twice", s)
			}
			seen[s] = true
		}
	}
}

// checkSelector finds what no browser would take. It knows less of CSS than a
// browser does, so that a few valid selectors are refused too.
func checkSelector(s string) error {
	if len(s) > maxSelector {
		return fmt.Errorf("longer than %d bytes", maxSelector)
	}
	if strings.TrimSpace(s) != s || s == "" {
		return fmt.Errorf("empty, or with blanks around it")
	}
	if m := notCSS.FindString(strings.ToLower(s)); m != "" {
		return fmt.Errorf("browsers do not know %s", m)
	}
	_, err := cascadia.ParseGroup(s)
	return err
}

// checkWays checks that there is a way to each choice, or a reason why not.
func (ld *loader) checkWays(p *ConsentPlatform) {
	for _, required := range []struct {
		key string
		ok  bool
	}{{"detect", len(p.Detect) > 0}, {"accept", len(p.Accept)+len(p.AcceptAll) > 0 || p.ByWords != ""}} {
		if !required.ok {
			ld.fault(p, nil, "%s is missing; expected at least one selector", required.key)
		}
	}
	none := p.Rejection() == "none"
	switch {
	case none && p.NoReject == "":
		ld.fault(p, nil, "no way to refuse; expected reject, settings with reject_all, toggles with save, or by_words or no_reject with the reason")
	case !none && p.NoReject != "":
		ld.fault(p, []any{"no_reject"}, "no_reject, and there is a way to refuse; expected one of them")
	}
	if second := len(p.RejectAll) + len(p.AcceptAll); second > 0 && len(p.Settings) == 0 {
		ld.fault(p, nil, "settings is missing; expected what opens the layer of reject_all and accept_all")
	}
	switch {
	case len(p.Reopen) == 0 && p.NoReopen == "":
		ld.fault(p, nil, "reopen is missing; expected what shows the choice again, or no_reopen with the reason")
	case len(p.Reopen) > 0 && p.NoReopen != "":
		ld.fault(p, []any{"no_reopen"}, "no_reopen, and reopen is given; expected one of them")
	}
}

var (
	// apiForm is a path of names and of calls without arguments.
	apiForm     = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*(?:\(\))?(?:\.[A-Za-z_$][A-Za-z0-9_$]*(?:\(\))?)*$`)
	signKeyForm = regexp.MustCompile(`^[^\s,;=]{2,100}$`)
)

func (ld *loader) checkSigns(p *ConsentPlatform) {
	switch {
	case len(p.Signs) == 0 && p.NoSigns == "":
		ld.fault(p, nil, "signs is missing; expected what the platform keeps of the choice, or no_signs with the reason")
	case len(p.Signs) > 0 && p.NoSigns != "":
		ld.fault(p, []any{"no_signs"}, "no_signs, and signs are given; expected one of them")
	case len(p.Signs) > maxSigns:
		ld.fault(p, []any{"signs", maxSigns}, "%d signs; expected at most %d", len(p.Signs), maxSigns)
	}
	for i, s := range p.Signs {
		place := []any{"signs", i}
		kind, name := s.KindName()
		switch {
		case kind == "":
			ld.fault(p, place, "sign of no kind or of several; expected one of cookie, storage and api")
		case kind == "platform_api" && !apiForm.MatchString(name):
			ld.fault(p, append(place, "api"), "api %q; expected a path from window like Cookiebot.consent.marketing or UC_UI.isInitialized()", name)
		case kind != "platform_api" && (!signKeyForm.MatchString(name) || strings.Trim(name, "*") == ""):
			ld.fault(p, append(place, kind), "%s %q; expected a name, with * for any characters", kind, name)
		}
		if s.Accept == "" && s.Reject == "" {
			ld.fault(p, place, "sign that tells nothing; expected accept or reject")
		}
		for _, pattern := range []struct{ key, text string }{{"accept", s.Accept}, {"reject", s.Reject}} {
			if len(pattern.text) > maxSignPattern {
				ld.fault(p, append(place, pattern.key), "pattern longer than %d bytes", maxSignPattern)
			} else if _, err := regexp.Compile(pattern.text); err != nil {
				ld.fault(p, append(place, pattern.key), "%s %q; expected a pattern (RE2): %v", pattern.key, pattern.text, err)
			}
		}
		if s.Accept != "" && s.Accept == s.Reject {
			ld.fault(p, place, "accept and reject are the same pattern; expected two that differ")
		}
	}
}

// KindName returns the sign's kind as evidence names it ("cookie", "storage" or
// "platform_api") and its name; both are "" when it has not just one kind.
func (s *ConsentSign) KindName() (kind, name string) {
	for _, k := range []struct{ kind, name string }{{"cookie", s.Cookie}, {"storage", s.Storage}, {"platform_api", s.API}} {
		if k.name == "" {
			continue
		}
		if kind != "" {
			return "", ""
		}
		kind, name = k.kind, k.name
	}
	return kind, name
}

func (ld *loader) checkConsentWords(w *ConsentWords, f *file) {
	want := strings.TrimSuffix(path.Base(f.name), ".yaml")
	switch {
	case !languageForm.MatchString(w.Language):
		ld.fault(w, []any{"language"}, "language %q; expected a code of two letters", w.Language)
	case w.Language != want:
		ld.fault(w, []any{"language"}, "language %q; expected %q, the file's name", w.Language, want)
	}
	if w.Name == "" {
		ld.fault(w, nil, "name is missing; expected the language's name in English")
	}
	// A phrase cannot make a choice and refuse it. What opens the settings may
	// also reopen them, and a phrase of refusing may also reopen.
	owner := make(map[string]string)
	for _, list := range w.lists() {
		if len(list.list) == 0 {
			ld.fault(w, nil, "%s is missing; expected at least one phrase", list.key)
		}
		if len(list.list) > maxWords {
			ld.fault(w, []any{list.key, maxWords}, "%d phrases in %s; expected at most %d", len(list.list), list.key, maxWords)
		}
		seen := make(map[string]bool)
		for i, phrase := range list.list {
			place := []any{list.key, i}
			if err := checkPhrase(phrase); err != nil {
				ld.fault(w, place, "phrase %q: %v", phrase, err)
				continue
			}
			if seen[phrase] {
				ld.fault(w, place, "phrase %q is listed twice", phrase)
			}
			seen[phrase] = true
			switch list.key {
			case "accept", "reject", "settings", "save", "close":
				if other := owner[phrase]; other != "" && other != list.key {
					ld.fault(w, place, "phrase %q is already that of %s; expected one role for a phrase", phrase, other)
				}
				owner[phrase] = list.key
			}
		}
	}
}

func checkPhrase(s string) error {
	switch {
	case !utf8.ValidString(s) || len(s) > maxWord || strings.TrimFunc(s, unicode.IsSpace) == "":
		return fmt.Errorf("expected words, at most %d bytes", maxWord)
	case strings.ToLower(s) != s:
		return fmt.Errorf("expected lower case")
	case strings.Join(strings.Fields(s), " ") != s:
		return fmt.Errorf("expected single blanks between words")
	}
	return nil
}
