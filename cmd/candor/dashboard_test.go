package main

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"candor/analyzer/check"
	"candor/crawler"
	"candor/crawler/evidence"
	"candor/rules"
)

// TestDashboard is a day at the desk: somebody logs in, adds a site, watches its
// scan finish, reviews a finding and suppresses it, and the next scan honours
// that. On the way axe-core looks at every page.
func TestDashboard(t *testing.T) {
	ctx, axe := aTab(t)
	x := newTeam(t, "")
	x.Stages.Rules = rules.Default
	x.Stages.Analyze = justPages(check.Finding{ID: "f1", Rule: "CORE-01", Pack: "core", Outcome: check.Differs, Severity: "high", Confidence: "direct", Title: "A recipient <b>that</b> the text does not mention", Fingerprint: "00aa11bb22cc33dd"})
	crawl, go1 := x.Stages.Crawl, make(chan struct{})
	x.Stages.Crawl = func(ctx context.Context, target crawler.Target, o crawler.Options, w *evidence.Writer) error {
		select { // until somebody watches
		case <-go1:
		case <-ctx.Done():
			return ctx.Err()
		}
		return crawl(ctx, target, o, w)
	}
	x.Environ = append(x.Environ, adminPassword+"=correct horse battery")
	x.o.listen = "127.0.0.1:0"
	serving, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- x.Command.serve(serving, x.o) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	d := &desk{t: t, ctx: ctx, axe: axe}
	d.wait("the dashboard", func() bool {
		d.at = strings.TrimSuffix(regexp.MustCompile(`http://127\.0\.0\.1:\d+/`).FindString(x.stdout.String()), "/")
		return d.at != ""
	})

	d.open("/")
	d.fill("name", "admin")
	d.fill("password", "correct horse battery")
	d.press("Log in")
	d.reads("Overview")
	d.check()

	d.follow("Add a site")
	d.fill("url", "https://shop.fernhill.test/")
	d.fill("name", "Shop")
	d.check()
	d.press("Add")
	d.reads("Scan now")
	d.run(`[...document.querySelectorAll("main a")].find((a) => a.pathname.startsWith("/scans/")).id = "scan"`)
	d.click("#scan")
	d.run(`document.body.dataset.mine = "1"`)
	d.reads("running")
	d.check()
	if d.run(`document.body.dataset.mine`) != "1" {
		t.Error("the page was loaded again to show that the scan runs")
	}
	close(go1)
	d.reads("Open the report")
	d.check()
	d.follow("Shop")
	d.check()

	d.follow("A recipient <b>that</b> the text does not mention")
	d.choose("review", "confirmed")
	d.fill("note", "Seen in the tag manager.")
	d.check()
	d.press("Keep this review")
	d.reads("confirmed, said admin")
	d.run(`document.querySelector("summary").id = "summary"`)
	if err := chromedp.Do(ctx, chromedp.Click("#summary")); err != nil {
		t.Fatal(err)
	}
	d.fill("justification", "The tag goes with the next release.")
	d.fill("owner", "marketing")
	d.check()
	d.press("Suppress")
	d.reads("approved by admin")

	d.follow("Shop")
	d.check()
	d.press("Scan now")
	d.wait("the second scan", func() bool { return strings.Count(d.reload(), "finished") == 2 })
	d.reads("suppressed")
	d.run(`[...document.querySelectorAll("table a")].find((a) => a.textContent === "open").click()`)
	d.wait("the report", func() bool { return strings.Contains(d.body(), "The tag goes with the next release.") })

	for _, path := range []string{"/findings?suppressed=1", "/recipients", "/schedules", "/alerts", "/rules", "/settings", "/audit"} {
		d.open(path)
		d.check()
	}
	if got := d.body(); !strings.Contains(got, "unchanged") || !strings.Contains(got, "finding.suppress") {
		t.Errorf("the audit log says %s", got)
	}
}

// desk is a person's browser at the dashboard.
type desk struct {
	t       *testing.T
	ctx     context.Context
	axe, at string
}

func (d *desk) run(js string) string {
	d.t.Helper()
	got, err := chromedp.Run(d.ctx, chromedp.Evaluate[string](`String(`+js+`)`))
	if err != nil {
		d.t.Fatalf("%s: %v", js, err)
	}
	return got
}

func (d *desk) open(path string) {
	d.t.Helper()
	if err := chromedp.Do(d.ctx, chromedp.Navigate(d.at+path)); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) body() string { return d.run(`(document.body?.innerText ?? "").replace(/\s+/g, " ")`) }

func (d *desk) text(path string) string {
	d.t.Helper()
	d.open(path)
	return d.body()
}

func (d *desk) reload() string {
	d.t.Helper()
	return d.text(d.run(`location.pathname`))
}

// wait asks again until something is so; a minute is far more than it takes.
func (d *desk) wait(what string, so func() bool) {
	d.t.Helper()
	tick, late := time.NewTicker(100*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for !so() {
		select {
		case <-late:
			d.t.Fatalf("waited in vain for %s at %s: %s", what, d.run(`location.href`), d.body())
		case <-tick.C:
		}
	}
}

func (d *desk) reads(text string) {
	d.t.Helper()
	d.wait(fmt.Sprintf("%q", text), func() bool { return strings.Contains(d.body(), text) })
}

// fill types into a field.
func (d *desk) fill(name, value string) {
	d.t.Helper()
	d.field(name, func(field string) error { return chromedp.Do(d.ctx, chromedp.SendKeys(field, value)) })
}

// choose chooses of a list.
func (d *desk) choose(name, value string) {
	d.t.Helper()
	d.field(name, func(field string) error { return chromedp.Do(d.ctx, chromedp.SetValue(field, value)) })
}

func (d *desk) field(name string, do func(selector string) error) {
	d.t.Helper()
	d.run(`[...document.querySelectorAll('main [name="` + name + `"]')].at(-1).id = "here"`)
	if err := do("#here"); err != nil {
		d.t.Fatalf("fill %s: %v", name, err)
	}
	d.run(`document.getElementById("here").removeAttribute("id")`)
}

// press presses the button with these words and waits for the page after it.
func (d *desk) press(words string) {
	d.goBy(`[...document.querySelectorAll("main button")].find((b) => b.textContent === ` + fmt.Sprintf("%q", words) + `)`)
}

func (d *desk) follow(words string) {
	d.goBy(`[...document.querySelectorAll("main a")].find((a) => a.textContent === ` + fmt.Sprintf("%q", words) + `)`)
}

func (d *desk) goBy(element string) {
	d.t.Helper()
	d.run(element + `.id = "here"`)
	d.click("#here")
}

// click clicks with the mouse and waits for the page after it.
func (d *desk) click(selector string) {
	d.t.Helper()
	d.run(`document.body.dataset.old = "1"`)
	if err := chromedp.Do(d.ctx, chromedp.Click(selector)); err != nil {
		d.t.Fatalf("click %s: %v", selector, err)
	}
	d.wait("the next page", func() bool {
		return d.run(`document.readyState === "complete" && !document.body?.dataset.old`) == "true"
	})
}

// check lets axe-core look at the page.
func (d *desk) check() {
	d.t.Helper()
	path := d.run(`location.pathname`)
	if *pictures != "" {
		picture(d.t, d.ctx, filepath.Join(*pictures, "desk"+strings.NewReplacer("/", "-").Replace(path)+".png"))
	}
	for _, fault := range axeFaults(d.t, d.ctx, d.axe, rulesFor("light", 1440)) {
		d.t.Errorf("%s: %s", path, fault)
	}
}
