package main

import (
	"context"
	"crypto/rand"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"

	"candor/crawler/browser"
)

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	c := &Command{
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Environ: os.Environ(),
		Now:     time.Now,
		Random:  rand.Reader,
		Signals: signals,
		Exit: func(code int) {
			browser.Abandon()
			os.Exit(code)
		},
		Columns: func() int { return columnsOf(os.Stderr) },
		Colour:  terminal(os.Stdout) && os.Getenv("NO_COLOR") == "",
		Stages:  wired(),
	}
	os.Exit(c.Run(context.Background(), os.Args[1:]))
}

// columnsOf is the width of the terminal that a writer is, or 0.
func columnsOf(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !terminal(f) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 80
	}
	return width
}

// terminal reports whether a file is a terminal that can do more than lines.
func terminal(f *os.File) bool {
	return term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}
