package check

import (
	"regexp"
	"sync"
)

// phrase is a regular expression that is compiled when it is first asked:
// there are many, and the command must answer --help at once.
type phrase struct{ compiled func() *regexp.Regexp }

func newPhrase(expression string) phrase {
	return phrase{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })}
}

func (p phrase) MatchString(s string) bool { return p.compiled().MatchString(s) }

func (p phrase) FindStringSubmatch(s string) []string { return p.compiled().FindStringSubmatch(s) }

func (p phrase) ReplaceAllString(s, by string) string { return p.compiled().ReplaceAllString(s, by) }
