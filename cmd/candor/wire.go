package main

import (
	"context"

	"candor/analyzer"
	"candor/analyzer/policy"
	"candor/crawler"
	"candor/crawler/browser"
	"candor/crawler/evidence"
	"candor/reports"
	"candor/reports/html"
	"candor/rules"
)

// wired are the real stages.
func wired() Stages {
	return Stages{
		FindBrowser: browser.Find,
		TryBrowser:  tryBrowser,
		Crawl:       crawler.Crawl,
		Rules:       rules.Default,
		ReadPolicy:  policy.Read,
		Analyze:     analyzer.Analyze,
		Renderers:   []reports.Renderer{html.Format()},
	}
}

func tryBrowser(ctx context.Context, path string, noSandbox bool) (evidence.Browser, error) {
	b, err := browser.Start(ctx, browser.Options{Path: path, NoSandbox: noSandbox})
	if err != nil {
		return evidence.Browser{}, err
	}
	info := b.Info()
	return info, b.Close()
}
