package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"

	"candor/analyzer"
	"candor/analyzer/policy"
	"candor/crawler"
	"candor/crawler/browser"
	"candor/crawler/evidence"
	"candor/crawler/recording"
	"candor/crawler/webtest"
	"candor/reports"
	disclosure "candor/reports/draft"
	"candor/reports/html"
	"candor/reports/junit"
	"candor/reports/markdown"
	"candor/reports/pdf"
	"candor/reports/sarif"
	"candor/reports/tables"
	"candor/rules"
)

// wired are the real stages.
func wired() Stages {
	return Stages{
		FindBrowser: findBrowser,
		TryBrowser:  tryBrowser,
		Crawl:       crawler.Crawl,
		LookAgain:   crawler.LookAgain,
		Import:      recording.Read,
		Rules:       rules.Default,
		ReadPolicy:  policy.Read,
		Analyze:     analyzer.Analyze,
		Serve:       serveDemo,
		Renderers:   renderers,
	}
}

func renderers(r rendering) []reports.Renderer {
	g := r.gate
	return slices.Concat(disclosure.FormatsIn(r.language), tables.CSV(), []reports.Renderer{html.FormatIn(r.language), sarif.Format(g), junit.Format(g), markdown.FormatIn(r.language, g), tables.XLSX(), pdf.Format(r.print)})
}

func findBrowser(path string, noSandbox bool) (string, error) {
	if browser.Elsewhere(path) { // one or, of a service, several
		return path, nil
	}
	found, err := browser.Find(path)
	if err == nil && os.Geteuid() == 0 && !noSandbox {
		err = browser.ErrRoot
	}
	return found, err
}

func tryBrowser(ctx context.Context, path string, noSandbox bool) (evidence.Browser, error) {
	b, err := browser.Start(ctx, browser.Options{Path: path, NoSandbox: noSandbox})
	if err != nil {
		return evidence.Browser{}, err
	}
	info := b.Info()
	return info, b.Close()
}

// serveDemo answers for the hosts of a folder of sites, or of a txtar file.
func serveDemo(name string) (*demoServer, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	var sites fs.FS
	if info.IsDir() {
		entries, err := os.ReadDir(name)
		if err != nil {
			return nil, err
		}
		if len(entries) == 0 {
			return nil, errors.New("the folder is empty; expected one folder for each host")
		}
		sites = os.DirFS(name)
	} else if sites, err = webtest.File(name); err != nil {
		return nil, err
	}
	server, err := webtest.New(sites)
	if err != nil {
		return nil, err
	}
	return &demoServer{Addr: server.Addr(), DNS: server.NamesAddr(), Closer: server}, nil
}
