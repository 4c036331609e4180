package words

import (
	"fmt"
	"io/fs"
	"path"

	"go.yaml.in/yaml/v3"

	"candor/rules"
)

// Rule are a rule's words in another language. What is empty has no
// translation.
type Rule struct {
	Title       string `yaml:"title"`
	Why         string `yaml:"why"`
	Remediation string `yaml:"remediation"`
}

// Rule is what the language calls a rule of the built-in packs.
func (l *Language) Rule(id string) (Rule, bool) {
	r, ok := l.rules[id]
	return r, ok
}

// readRules reads the packs' translations: packs/PACK/words/CODE.yaml, by rule.
func readRules(code string) (map[string]Rule, error) {
	out := map[string]Rule{}
	names, err := fs.Glob(rules.Files(), path.Join("packs", "*", "words", code+".yaml"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		data, err := fs.ReadFile(rules.Files(), name)
		if err != nil {
			return nil, err
		}
		var of map[string]Rule
		if err := yaml.Unmarshal(data, &of); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for id, r := range of {
			out[id] = r
		}
	}
	return out, nil
}
