package main

import (
	"context"

	"candor/analyzer"
	"candor/analyzer/policy"
	"candor/crawler"
	"candor/crawler/evidence"
	"candor/crawler/recording"
	"candor/reports"
	"candor/rules"
)

// Stages are the steps that the commands put together. Tests hand in their own.
type Stages struct {
	// FindBrowser returns the path of a browser that can be started as asked; a
	// given path is only checked, and an address of a running one is taken.
	FindBrowser func(path string, noSandbox bool) (string, error)
	// TryBrowser starts a browser, says what it is and ends it.
	TryBrowser func(ctx context.Context, path string, noSandbox bool) (evidence.Browser, error)
	// Crawl writes evidence; see crawler.Crawl.
	Crawl func(ctx context.Context, t crawler.Target, o crawler.Options, w *evidence.Writer) error
	// LookAgain visits pages again for each of looks and writes evidence; see
	// crawler.LookAgain. Nil looks at nothing again.
	LookAgain func(ctx context.Context, t crawler.Target, visits []crawler.Again, o crawler.Options, looks ...*evidence.Writer) []error
	// Import reads a recording of another tool; see recording.Read.
	Import func(ctx context.Context, file string, o recording.Options) (*recording.Recording, error)
	// Rules loads the knowledge, when it is first needed.
	Rules func() (*rules.Set, error)
	// Analyze reads saved evidence; see analyzer.Analyze.
	Analyze func(ctx context.Context, r *evidence.Reader, set *rules.Set, p analyzer.Profile, opts ...analyzer.Option) (*analyzer.Analysis, error)
	// ReadPolicy reads a notice; see policy.Read.
	ReadPolicy func(in policy.Input, set *rules.Set) *policy.Document
	// Renderers are the report formats that have a package of their own.
	Renderers func(rendering) []reports.Renderer
	// Serve answers for all hosts of a folder of sites; see crawler/webtest.
	Serve func(dir string) (*demoServer, error)
}
