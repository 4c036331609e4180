package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"candor/crawler/browser"
	"candor/reports"
	disclosure "candor/reports/draft"
	"candor/reports/html"
	"candor/reports/reporttest"
)

var pictures = flag.String("pictures", "", "folder to write pictures of the reports to, for looking at them")

// TestAccessible opens the pages that reports consist of in a real browser, in
// light and in dark, at a desk and on a phone, with every fold open, and lets
// axe-core check them against WCAG 2.2 AA.
func TestAccessible(t *testing.T) {
	ctx, axe := aTab(t)
	pages := accessiblePages(t)
	for _, page := range pages {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{1440, 390} {
				if filepath.Base(page) == german && (scheme != "light" || width != 390) {
					continue // its longer words want room; its elements and colours are those of the English page
				}
				name := fmt.Sprintf("%s %s %d", filepath.Base(page), scheme, width)
				started := time.Now()
				if err := show(ctx, page, scheme, width); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if *pictures != "" {
					picture(t, ctx, filepath.Join(*pictures, strings.ReplaceAll(name, " ", "-")+".png"))
				}
				if n, err := chromedp.Run(ctx, chromedp.Evaluate[int](fewer)); err != nil || n < 60 {
					t.Fatalf("%d elements, %v", n, err)
				}
				for _, fault := range axeFaults(t, ctx, axe, rulesFor(scheme, width)) {
					t.Errorf("%s: %s", name, fault)
				}
				// Nothing but tables, which scroll in a box of their own, may be wider than the window.
				if wide, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)); err != nil || wide > width {
					t.Errorf("%s: the page is %d px wide, %v", name, wide, err)
				}
				t.Logf("%s took %.1f s", name, time.Since(started).Seconds())
			}
		}
	}
}

// aTab is a page of a real browser, which ends with the test, and the script of
// axe-core.
func aTab(t *testing.T) (ctx context.Context, axe string) {
	t.Helper()
	path, err := browser.Find("")
	var script []byte
	if err == nil {
		script, err = os.ReadFile(filepath.Join(repo, "testdata", "npm", "node_modules", "axe-core", "axe.min.js"))
	}
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED, nothing was tested: ", err)
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	limit, stop := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(stop)
	alloc, cancel := chromedp.NewExecAllocator(limit, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Error(err)
		}
	})
	return ctx, string(script)
}

// german is the report in German.
const german = "bericht.html"

// accessiblePages are the files of a report with everything in it.
func accessiblePages(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	rep := reporttest.Full(t)
	rep.AskForScore()
	if err := reports.Write(dir, rep, []string{"html", "draft"}, append(disclosure.FormatsIn(""), html.Format())...); err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := html.RenderIn("de")(&page, rep); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, german), page.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	page.Reset()
	organisation := filepath.Join(dir, "organisation.html")
	if err := html.Organisation(&page, reporttest.Organisation(t, 12)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(organisation, page.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return []string{filepath.Join(dir, "index.html"), filepath.Join(dir, "draft.html"), organisation, filepath.Join(dir, german)}
}

func show(ctx context.Context, page, scheme string, width int64) error {
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
		return err
	}
	size := emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1}
	if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, size); err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+page)); err != nil {
		return err
	}
	_, err := chromedp.Run(ctx, chromedp.Evaluate[int](`[...document.querySelectorAll("details")].map((d) => d.open = true).length`))
	return err
}

// fewer keeps the first of entries that are alike, because axe-core takes seconds
// for a page of thousands of elements.
const fewer = `(() => {
	const alike = [...document.querySelectorAll("main :is(li, tr, article, details, .form, dl > div):not(.key *, .terms *)")].filter((e) => {
		let n = 0;
		for (let s = e.previousElementSibling; s; s = s.previousElementSibling) if (s.tagName === e.tagName && s.className === e.className) n++;
		return n >= 1;
	});
	alike.forEach((e) => e.remove());
	return document.querySelectorAll("*").length;
})()`

// rulesFor are what axe-core looks at: everything in the first view of a page,
// and what colours and widths can change in the others.
func rulesFor(scheme string, width int64) string {
	switch {
	case scheme == "light" && width == 1440:
		return `runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`
	case width == 390:
		return `runOnly: {type: "rule", values: ["color-contrast", "target-size", "scrollable-region-focusable"]}, rules: {"target-size": {enabled: true}}`
	}
	return `runOnly: {type: "rule", values: ["color-contrast"]}`
}

// axeFaults runs axe-core. The page's policy keeps scripts out that are not its
// own; what the browser's debugger evaluates is not one.
func axeFaults(t *testing.T, ctx context.Context, axe, rules string) []string {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](axe+"; true")); err != nil {
		t.Fatal(err)
	}
	type node struct {
		Target []string `json:"target"`
		Why    string   `json:"failureSummary"`
	}
	type rule struct {
		ID    string `json:"id"`
		Help  string `json:"help"`
		Nodes []node `json:"nodes"`
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[struct {
		Faults []rule `json:"faults"`
		Passes int    `json:"passes"`
		Unsure int    `json:"unsure"` // for a person to look at
	}](`axe.run(document, {resultTypes: ["violations"], preload: false, `+rules+`}).then((r) => ({
		faults: r.violations.map((v) => ({id: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map((n) => ({target: n.target.map(String), failureSummary: n.failureSummary}))})), passes: r.passes.length, unsure: r.incomplete.length}))`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	if found.Passes+found.Unsure == 0 {
		t.Errorf("axe-core looked at %d rules only", found.Passes)
	}
	var out []string
	for _, r := range found.Faults {
		for _, n := range r.Nodes {
			out = append(out, fmt.Sprintf("%s: %s at %s: %s", r.ID, r.Help, strings.Join(n.Target, " "), strings.Join(strings.Fields(n.Why), " ")))
		}
	}
	return out
}

func picture(t *testing.T, ctx context.Context, file string) {
	t.Helper()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		t.Fatal(err)
	}
}
