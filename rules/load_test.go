package rules

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// folder is a small complete folder; the changes of a test go on top of it.
func folder(changes map[string]string) fstest.MapFS {
	files := map[string]string{
		"companies/acme.yaml": "id: acme\nname: Acme Inc.\naliases: [Acme]\ncountry: US\ndomains: [acme.example]\nsources: [{name: Acme, date: \"2026-11\"}]\n",
		"trackers/acme-tag.yaml": "id: acme-tag\nname: Acme Tag\ncompany: acme\ncategories: [analytics]\npurposes: [analytics]\n" +
			"domains:\n  - tag.example\n  - {host: www.shared.example, paths: [/tag]}\nreceives: [ip_address]\n" +
			"cookies:\n  - {name: _acme, purpose: analytics, lifetime: 1y}\nsources: [{name: Acme, date: \"2026-11\"}]\n",
		"terms/data_types.yaml":   "- id: identifier\n  name: Identifiers\n  abstract: true\n- id: ip_address\n  name: IP address\n  parents: [identifier]\n",
		"terms/purposes.yaml":     "- id: analytics\n  name: Analytics\n",
		"packs/core/core-01.yaml": "id: CORE-01\npack: core\ntitle: One\ncheck: none\nseverity: low\nwhy: because\n",
	}
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	for name, text := range changes {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func TestLoadFolder(t *testing.T) {
	s, err := LoadFS(folder(nil))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Vendors) != 1 || len(s.Companies) != 1 || len(s.Rules) != 1 || len(s.Terms.DataTypes) != 2 {
		t.Errorf("loaded %d vendors, %d companies, %d rules, %d data types", len(s.Vendors), len(s.Companies), len(s.Rules), len(s.Terms.DataTypes))
	}
	again, err := LoadFS(folder(nil))
	if err != nil || again.Version != s.Version || !strings.HasPrefix(s.Version, "sha256:") || len(s.Version) != len("sha256:")+12 {
		t.Errorf("version %q, again %q, %v", s.Version, again.Version, err)
	}
	changed, err := LoadFS(folder(map[string]string{"terms/purposes.yaml": "- id: analytics\n  name: Statistics\n"}))
	if err != nil || changed.Version == s.Version {
		t.Errorf("changed content kept the version %q (%v)", s.Version, err)
	}
}

func TestLoadFaults(t *testing.T) {
	const tail = "sources: [{name: S, date: \"2026-11\"}]\n"
	vendor := func(id, lines string) string {
		return "id: " + id + "\nname: V\ncompany: acme\ncategories: [analytics]\n" + lines + tail // lines begin at 5
	}
	company := func(id, lines string) string { return "id: " + id + "\nname: C\n" + lines + tail } // lines begin at 3
	for _, test := range []struct {
		what, file, text string
		want             []string // "file:line: " and what the text must hold
	}{
		{"unknown key", "trackers/v.yaml", vendor("v", "domain: [v.example]\n"), []string{`trackers/v.yaml:5: unknown key "domain"; expected one of id, name, company`}},
		{"unknown key of a host", "trackers/v.yaml", vendor("v", "domains:\n  - {host: v.example, path: [/a]}\n"), []string{`trackers/v.yaml:6: unknown key "path"; expected one of host, exact, paths`}},
		{"unknown key of a cookie", "trackers/v.yaml", vendor("v", "cookies:\n  - name: abc\n    ttl: 1y\n"), []string{`trackers/v.yaml:7: unknown key "ttl"; expected one of name, purpose, lifetime, domain`}},
		{"text for a list", "trackers/v.yaml", vendor("v", "domains: v.example\n"), []string{`trackers/v.yaml:5: expected a list`}},
		{"list for a host", "trackers/v.yaml", vendor("v", "domains:\n  - [v.example]\n"), []string{`trackers/v.yaml:6: expected a host`}},
		{"broken YAML", "trackers/v.yaml", "id: v\nname: [\n", []string{`trackers/v.yaml:`}},
		{"key twice", "companies/c.yaml", company("c", "name: D\n"), []string{`companies/c.yaml:3: mapping key "name" already defined at line 2`}},
		{"empty", "companies/c.yaml", "", []string{`companies/c.yaml:1: the file is empty`}},
		{"two documents", "companies/c.yaml", company("c", "") + "---\nid: d\n", []string{`companies/c.yaml:1: more than one YAML document`}},
		{"cookie words of an unknown purpose", "terms/cookie_words.yaml", "- {id: a, about: tea, purpose: tracking, words: [Tea]}\n", []string{`terms/cookie_words.yaml:1: unknown purpose "tracking"`, `terms/cookie_words.yaml:1: word "Tea"; expected lower case`}},
		{"unknown terms", "terms/other.yaml", "- id: a\n", []string{`terms/other.yaml:1: unknown file`}},
		{"id is not the name", "companies/c.yaml", company("d", ""), []string{`companies/c.yaml:1: id "d" is not the file's name; expected "c"`}},
		{"unknown company", "trackers/v.yaml", strings.Replace(vendor("v", "domains: [v.example]\n"), "acme", "acne", 1), []string{`trackers/v.yaml:3: unknown company "acne"`}},
		{"unknown category", "trackers/v.yaml", strings.Replace(vendor("v", "domains: [v.example]\n"), "[analytics]", "[analytic]", 1), []string{`trackers/v.yaml:4: unknown category "analytic"; expected one of ab_testing`}},
		{"unknown data type", "trackers/v.yaml", vendor("v", "domains: [v.example]\nreceives:\n  - ip_address\n  - ip_adress\n"), []string{`trackers/v.yaml:8: unknown data type "ip_adress"`}},
		{"unknown purpose", "trackers/v.yaml", vendor("v", "domains: [v.example]\npurposes: [fun]\n"), []string{`trackers/v.yaml:6: unknown purpose "fun"`}},
		{"host twice", "trackers/v.yaml", vendor("v", "domains:\n  - v.example\n  - tag.example\n"), []string{`trackers/v.yaml:7: tag.example is already claimed by "acme-tag"`}},
		{"host and path twice", "trackers/v.yaml", vendor("v", "domains:\n  - {host: www.shared.example, paths: [/tag]}\n"), []string{`trackers/v.yaml:6: www.shared.example/tag is already claimed`}},
		{"bad host", "trackers/v.yaml", vendor("v", "domains: [\"https://v.example/\"]\n"), []string{`trackers/v.yaml:5: host "https://v.example/"`}},
		{"bad path", "trackers/v.yaml", vendor("v", "domains:\n  - host: v.example\n    paths:\n      - /a\n      - b\n"), []string{`trackers/v.yaml:9: path "b"; expected a leading slash`}},
		{"bad lifetime", "trackers/v.yaml", vendor("v", "cookies:\n  - {name: abc, purpose: analytics, lifetime: 1 year}\n"), []string{`trackers/v.yaml:6: lifetime "1 year"; expected session`}},
		{"bad class", "trackers/v.yaml", vendor("v", "cookies:\n  - {name: abc, purpose: marketing}\n"), []string{`trackers/v.yaml:6: purpose "marketing"; expected one of necessary`}},
		{"pattern without a start", "trackers/v.yaml", vendor("v", "cookies:\n  - {name: \"a*\", purpose: analytics}\n"), []string{`trackers/v.yaml:6: pattern "a*"`}},
		{"name that no cookie has", "trackers/v.yaml", vendor("v", "storage:\n  - {name: a b, purpose: analytics}\ncookies:\n  - {name: a b, purpose: analytics}\n"), []string{`trackers/v.yaml:8: cookie name "a b"`}},
		{"cookie twice", "trackers/v.yaml", vendor("v", "cookies:\n  - {name: abc, purpose: analytics}\n  - {name: abc, purpose: analytics}\n"), []string{`trackers/v.yaml:7: "abc" is listed twice`}},
		{"parameter twice", "trackers/v.yaml", vendor("v", "domains: [v.example]\nparams:\n  - {name: a, data: ip_address}\n  - {name: a, data: ip_address}\n"), []string{`trackers/v.yaml:8: parameter "a" is listed twice`}},
		{"split of one character", "trackers/v.yaml", vendor("v", "domains: [v.example]\nparams:\n  - {name: a, data: ip_address, split: \";\"}\n"), []string{`trackers/v.yaml:7: split ";"; expected two characters`}},
		{"endpoint that is any path", "trackers/v.yaml", vendor("v", "domains: [v.example]\nendpoints:\n  - {path: \"*\", params: [a, b, c]}\n"), []string{`trackers/v.yaml:7: path "*"; expected a path`}},
		{"endpoint without params", "trackers/v.yaml", vendor("v", "domains: [v.example]\nendpoints:\n  - {path: \"*/t\", params: [a]}\n"), []string{`trackers/v.yaml:7: the short path "*/t" is not enough`}},
		{"endpoint with a pattern for a name", "trackers/v.yaml", vendor("v", "domains: [v.example]\nendpoints:\n  - path: \"*/collect\"\n    params: [v=2, \"t*=1\"]\n"), []string{`trackers/v.yaml:8: parameter "t*=1"; expected a name`}},
		{"no source", "companies/c.yaml", "id: c\nname: C\n", []string{`companies/c.yaml:1: sources is missing`}},
		{"bad source date", "companies/c.yaml", "id: c\nname: C\nsources:\n  - name: S\n    date: 2026\n", []string{`companies/c.yaml:5: date "2026"; expected a year and month`}},
		{"unknown parent", "companies/c.yaml", company("c", "parent: d\n"), []string{`companies/c.yaml:3: unknown company "d"`}},
		{"own parent", "companies/c.yaml", company("c", "parent: c\n"), []string{`companies/c.yaml:3: the parents of "c" lead back`}},
		{"domain of another company", "companies/c.yaml", company("c", "domains: [acme.example]\n"), []string{`companies/c.yaml:3: acme.example is already claimed by company "acme"`}},
		{"circle of terms", "terms/data_types.yaml", "- id: ip_address\n  parents: [b]\n- id: b\n  parents: [ip_address]\n", []string{`terms/data_types.yaml:2: the parents of "ip_address" lead in a circle`}},
		{"unknown broader term", "terms/data_types.yaml", "- id: ip_address\n  parents: [b]\n", []string{`terms/data_types.yaml:2: unknown parent "b"`}},
		{"label without words", "terms/labels.yaml", "- {kind: segment, name: S}\n", []string{`terms/labels.yaml:1: words is missing`}},
		{"label of two kinds", "terms/labels.yaml", "- {kind: a, words: [vip]}\n- {kind: b, words: [vip]}\n", []string{`terms/labels.yaml:2: phrase "vip" is already that of "a"`}},
		{"label of an unknown type", "terms/labels.yaml", "- {kind: a, words: [vip], data: [profile]}\n", []string{`terms/labels.yaml:1: unknown data type "profile"`}},
		{"label with a broken pattern", "terms/labels.yaml", "- {kind: a, words: [vip], values: \"(\"}\n", []string{`terms/labels.yaml:1: values "("; expected a pattern`}},
		{"place with one source", "terms/sensitive_places.yaml", "- {class: health, url: [health]}\n", []string{`terms/sensitive_places.yaml:1: class "health" can never have two signals`}},
		{"place of an unknown field", "terms/sensitive_places.yaml", "- {class: health, words: [health], fields: [helth]}\n", []string{`terms/sensitive_places.yaml:1: unknown data type "helth"`}},
		{"place twice", "terms/sensitive_places.yaml", "- {class: health, words: [health]}\n- {class: health, words: [doctor]}\n", []string{`terms/sensitive_places.yaml:2: id "health" is listed twice`}},
		{"language of another name", "terms/languages/de.yaml", "language: fr\nname: German\n", []string{`terms/languages/de.yaml:1: language "fr"; expected "de"`}},
		{"language without a name", "terms/languages/de.yaml", "language: de\n", []string{`terms/languages/de.yaml:1: name is missing`}},
		{"form of an unknown term", "terms/languages/de.yaml", "language: de\nname: German\ndata_types:\n  ip: [IP-Adresse]\n", []string{`terms/languages/de.yaml:4: unknown id "ip"`}},
		{"form of two terms", "terms/languages/de.yaml", "language: de\nname: German\ndata_types:\n  identifier: [Kennung]\n  ip_address: [kennung]\n", []string{`terms/languages/de.yaml:5: phrase "kennung" is already that of "identifier"`}},
		{"form without words", "terms/languages/de.yaml", "language: de\nname: German\npurposes:\n  analytics: [\" \"]\n", []string{`terms/languages/de.yaml:4: phrase " "; expected words`}},
		{"term twice", "terms/purposes.yaml", "- id: analytics\n- id: analytics\n", []string{`terms/purposes.yaml:2: id "analytics" is listed twice`}},
		{"rule in two packs", "packs/more/core-01.yaml", "id: CORE-01\npack: more\ntitle: T\ncheck: c\nseverity: low\nwhy: w\n", []string{`packs/more/core-01.yaml:1: id "CORE-01" is already that of packs/core/core-01.yaml`}},
		{"rule of another pack", "packs/core/core-02.yaml", "id: CORE-02\npack: more\ntitle: T\ncheck: c\nseverity: low\nwhy: w\n", []string{`packs/core/core-02.yaml:2: pack "more" is not the file's folder; expected "core"`}},
		{"bad severity", "packs/core/core-02.yaml", "id: CORE-02\npack: core\ntitle: T\ncheck: c\nseverity: huge\nwhy: w\n", []string{`packs/core/core-02.yaml:5: severity "huge"; expected one of critical`}},
		{"several at once", "trackers/v.yaml", vendor("v", "purposes: [fun]\nreceives: [ip]\ndomains: [v.example]\n"), []string{`trackers/v.yaml:5: unknown purpose`, `trackers/v.yaml:6: unknown data type`}},
	} {
		t.Run(test.what, func(t *testing.T) {
			s, err := LoadFS(folder(map[string]string{test.file: test.text}))
			if err == nil || s != nil {
				t.Fatalf("LoadFS = %v, %v; want a fault", s, err)
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(test.want) && test.what != "circle of terms" {
				t.Errorf("%d faults, want %d:\n%v", len(lines), len(test.want), err)
			}
			for i, want := range test.want {
				if i < len(lines) && !strings.HasPrefix(lines[i], want) {
					t.Errorf("fault %q\nwant  %q", lines[i], want)
				}
			}
			var fault *Fault
			if !errors.As(err, &fault) || fault.File != test.file || fault.Line < 1 {
				t.Errorf("no *Fault of %s in %v", test.file, err)
			}
		})
	}
}

// TestLoadWithoutTerms checks that a folder of vendors alone is held to the
// embedded terms, and not to none.
func TestLoadWithoutTerms(t *testing.T) {
	fsys := folder(nil)
	delete(fsys, "terms/data_types.yaml")
	delete(fsys, "terms/purposes.yaml")
	if _, err := LoadFS(fsys); err != nil {
		t.Errorf("ids of the embedded terms were refused: %v", err)
	}
	tag := string(fsys["trackers/acme-tag.yaml"].Data)
	fsys["trackers/acme-tag.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(tag, "ip_address", "no_such_type", 1))}
	if _, err := LoadFS(fsys); err == nil || !strings.Contains(err.Error(), `unknown data type "no_such_type"`) {
		t.Errorf("err = %v", err)
	}
}

func TestLoadBounded(t *testing.T) {
	_, err := LoadFS(folder(map[string]string{"companies/c.yaml": strings.Repeat("#", maxFile+1)}))
	if err == nil || !strings.Contains(err.Error(), "companies/c.yaml: larger than") {
		t.Errorf("err = %v", err)
	}
}

// FuzzLoad checks that no file makes loading panic, and that what loads
// answers look-ups. The kind says which file of the folder it is.
func FuzzLoad(f *testing.F) {
	names := []string{"trackers/v.yaml", "companies/v.yaml", "terms/data_types.yaml", "packs/p/v-01.yaml"}
	for kind, name := range map[uint8]string{0: "trackers/google-fonts.yaml", 1: "companies/google.yaml"} {
		data, err := fs.ReadFile(embedded, name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(kind, data)
	}
	f.Add(uint8(0), []byte("a: &a [*a]\n"))
	f.Add(uint8(0), []byte("id: v\ndomains: [{host: [], exact: {}}]\n"))
	f.Add(uint8(2), []byte("- id: ip_address\n  parents: [ip_address]\n"))
	f.Add(uint8(3), []byte("id: V-01\npack: p\nparams: {a: {b: [1]}}\n"))
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		name := names[int(kind)%len(names)]
		s, err := LoadFS(folder(map[string]string{name: string(data)}))
		if err != nil {
			return
		}
		s.VendorFor("www.tag.example", "/")
		s.CookieFor("_acme", "x.example", "x.example")
		s.RootCompany("v")
		s.Terms.Subsumes("identifier", "ip_address")
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}
