package rules

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Language is how texts in a language other than English say the terms: the
// surface forms of data types, purposes and kinds of recipient, by their ids.
// English forms stand beside the terms themselves.
type Language struct {
	Language      string              `yaml:"language"` // ISO 639-1
	Name          string              `yaml:"name"`     // in English
	DataTypes     map[string][]string `yaml:"data_types"`
	Purposes      map[string][]string `yaml:"purposes"`
	Recipients    map[string][]string `yaml:"recipients"`
	NotData       []string            `yaml:"not_data"`       // phrases in which a word of data means something else
	NotRecipients []string            `yaml:"not_recipients"` // the same of recipients
}

// Language returns how texts in a language say the terms, or nil.
func (t *Terms) Language(code string) *Language {
	for _, l := range t.Languages {
		if l.Language == code {
			return l
		}
	}
	return nil
}

var languageForm = regexp.MustCompile(`^[a-z]{2}$`)

// maxPhrase bounds a phrase, in bytes.
const maxPhrase = 200

// checkLanguage checks a file of surface forms: its name, the ids that it gives
// forms to, and that no form belongs to two of them.
func (ld *loader) checkLanguage(l *Language, refs termIDs) {
	name := strings.TrimSuffix(path.Base(ld.files[l].name), ".yaml")
	switch {
	case !languageForm.MatchString(l.Language):
		ld.fault(l, []any{"language"}, "language %q; expected a code of two letters", l.Language)
	case l.Language != name:
		ld.fault(l, []any{"language"}, "language %q; expected %q, the file's name", l.Language, name)
	}
	if l.Name == "" {
		ld.fault(l, nil, "name is missing; expected the language's name in English")
	}
	recipients := make(map[string]bool)
	for _, r := range ld.recipients() {
		recipients[r.ID] = true
	}
	for _, part := range []struct {
		key, file string
		forms     map[string][]string
		ids       map[string]bool
	}{
		{"data_types", "data_types.yaml", l.DataTypes, refs.data},
		{"purposes", "purposes.yaml", l.Purposes, refs.purposes},
		{"recipients", "recipients.yaml", l.Recipients, recipients},
	} {
		owner := make(map[string]string)
		for _, id := range slices.Sorted(maps.Keys(part.forms)) {
			if !part.ids[id] {
				ld.fault(l, []any{part.key, id}, "unknown id %q; expected one of terms/%s", id, part.file)
			}
			for i, phrase := range part.forms[id] {
				key := strings.ToLower(strings.TrimSpace(phrase))
				switch other, taken := owner[key]; {
				case key == "" || len(phrase) > maxPhrase || !utf8.ValidString(phrase):
					ld.fault(l, []any{part.key, id, i}, "phrase %q; expected words", phrase)
				case taken && other != id:
					ld.fault(l, []any{part.key, id, i}, "phrase %q is already that of %q; expected one id for a phrase", phrase, other)
				}
				owner[key] = id
			}
		}
	}
}

// recipients are the folder's kinds of recipient, or the embedded ones.
func (ld *loader) recipients() []Recipient {
	if ld.set.Terms.Recipients != nil {
		return ld.set.Terms.Recipients
	}
	return embeddedList[Recipient]("terms/recipients.yaml")
}
