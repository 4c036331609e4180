package policy

import (
	"regexp"
	"sync"
)

// pattern is a regular expression that is compiled when it is first used: a
// command that reads no notice does not pay for it. Go's regular expressions
// take time linear in the text, whatever it holds.
type pattern struct {
	once sync.Once
	text string
	re   *regexp.Regexp
}

func lazily(text string) *pattern { return &pattern{text: text} }

func (p *pattern) get() *regexp.Regexp {
	p.once.Do(func() { p.re = regexp.MustCompile(p.text) })
	return p.re
}
