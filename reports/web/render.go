package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor/reports/exceptions"
	"candor/reports/plain"
	"candor/reports/store"
	"candor/rules"
)

// view is what every page is made of.
type view struct {
	Title string
	Here  string // which part of the navigation it is
	Who   *who   // nil before a log-in
	Data  any
}

type pages struct{ of map[string]*template.Template }

var funcs = template.FuncMap{
	"when": when,
	"day":  func(t time.Time) string { return t.Format(time.DateOnly) },
	"days": func(n int) string {
		if n == 0 {
			return "for ever"
		}
		return strconv.Itoa(n)
	},
	"query":       url.QueryEscape,
	"join":        func(s string) string { return strings.ReplaceAll(s, ",", ", ") },
	"may":         func(w *who, role store.Role) bool { return w != nil && w.role.May(role) },
	"name":        func(w *who) string { return w.name },
	"role":        func(w *who) string { return string(w.role) },
	"severity":    func() []string { return rules.Severities },
	"reviews":     func() []string { return store.Reviews[1:] },
	"reasons":     exceptions.ReasonNames,
	"roles":       func() []store.Role { return store.Roles },
	"isAdmin":     func(w *who) bool { return w != nil && w.pass.Access.All == store.Admin },
	"memberRoles": func() []store.Role { return store.MemberRoles },
	"words":       func(s string) string { return strings.ReplaceAll(s, "_", " ") },
	"clip":        plain.Cut,
	"packs":       packsOf,
	"parts":       func() []part { return parts },
	"totals":      totalsOf,
	"grave":       func(t totals) int { return t.BySeverity["critical"] + t.BySeverity["high"] },
	"other":       func(t totals) int { return t.BySeverity["medium"] + t.BySeverity["low"] + t.BySeverity["info"] },
	"width":       func(t []trendPoint) int { return max(len(t)*24, 480) },
	"ofSite":      func(caption string, list []store.Finding) findingRows { return findingRows{caption, list, nil, true} },
	"names":       func(x store.Site) map[string]string { return map[string]string{x.ID: x.Name} },
	"order":       orderedBy,
	"findings": func(caption string, list []store.Finding, names map[string]string) findingRows {
		return findingRows{caption, list, names, false}
	},
}

// column is the head of a column by which a list can be ordered.
type column struct {
	Name, Direction string
	Number          bool // what is below are numbers
	siteOrder
}

func orderedBy(name, order string, all map[string]siteOrder, direction string) column {
	return column{name, direction, direction == "descending", all[order]}
}

// packOf is a pack with its rules.
type packOf struct {
	*rules.Pack
	Own   bool
	Rules []*rules.Rule
}

// packsOf are the packs of a set: the organisation's own first, then by id.
func packsOf(set *rules.Set) []packOf {
	var out []packOf
	for _, id := range slices.Sorted(maps.Keys(set.Packs)) {
		p := packOf{Pack: set.Packs[id], Own: slices.ContainsFunc(set.Own, func(o rules.Own) bool { return o.Pack == id })}
		for _, r := range set.Rules {
			if r.Pack == id {
				p.Rules = append(p.Rules, r)
			}
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b packOf) int {
		switch {
		case a.Own == b.Own:
			return 0
		case a.Own:
			return -1
		}
		return 1
	})
	return out
}

// part is a part of the navigation.
type part struct{ Key, Name, To string }

var parts = []part{
	{"overview", "Overview", "/"}, {"findings", "Findings", "/findings"}, {"recipients", "Recipients", "/recipients"},
	{"schedules", "Schedules", "/schedules"}, {"alerts", "Alerts", "/alerts"}, {"rules", "Rules", "/rules"}, {"settings", "Settings", "/settings"},
}

// findingRows is a table of findings.
type findingRows struct {
	Caption  string
	Findings []store.Finding
	Names    map[string]string // of sites, by id
	One      bool              // all are of the site whose page it is
}

// when writes a time as people read it, in UTC.
func when(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.UTC().Format("2 Jan 2006 15:04")
}

func parsePages() (*pages, error) {
	names, err := files.ReadDir("templates")
	if err != nil {
		return nil, err
	}
	p := &pages{map[string]*template.Template{}}
	for _, n := range names {
		if n.Name() == "layout.html" {
			continue
		}
		t, err := template.New("layout.html").Funcs(funcs).Funcs(alertFuncs).ParseFS(files, "templates/layout.html", "templates/"+n.Name())
		if err != nil {
			return nil, fmt.Errorf("the page %s: %w", n.Name(), err)
		}
		p.of[strings.TrimSuffix(path.Base(n.Name()), ".html")] = t
	}
	return p, nil
}

// render writes a page whole or not at all.
func (p *pages) render(w http.ResponseWriter, name string, v view) error {
	var b bytes.Buffer
	if err := p.of[name].Execute(&b, v); err != nil {
		return fmt.Errorf("make the page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err := b.WriteTo(w)
	return err
}

// show renders a page for somebody.
func (s *server) show(w http.ResponseWriter, p who, here, title, name string, data any) error {
	return s.pages.render(w, name, view{Title: title, Here: here, Who: &p, Data: data})
}

// back sends a browser to a page after a change.
func back(w http.ResponseWriter, r *http.Request, format string, args ...any) error {
	for i, a := range args {
		args[i] = url.PathEscape(fmt.Sprint(a))
	}
	http.Redirect(w, r, fmt.Sprintf(format, args...), http.StatusSeeOther)
	return nil
}

// form reads a form whose body is bounded.
func form(r *http.Request) (url.Values, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	return r.PostForm, nil
}

// totals are the figures of a scan that lists show.
type totals struct {
	BySeverity           map[string]int `json:"by_severity"`
	Companies            int            `json:"companies"`
	UndisclosedCompanies int            `json:"undisclosed_companies"`
}

func totalsOf(x store.Scan) totals {
	var t totals
	// What another version wrote may lack figures; then they are not shown.
	_ = json.Unmarshal([]byte(x.Summary), &t)
	return t
}

func progressOf(x store.Scan) store.Progress {
	var p store.Progress
	_ = json.Unmarshal([]byte(x.Progress), &p)
	return p
}
