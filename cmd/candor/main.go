package main

import (
	"context"
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
		Signals: signals,
		Exit: func(code int) {
			browser.Abandon()
			os.Exit(code)
		},
		Columns: func() int { return columnsOf(os.Stderr) },
		Colour:  columnsOf(os.Stdout) > 0 && os.Getenv("NO_COLOR") == "",
		Stages:  wired(),
	}
	os.Exit(c.Run(context.Background(), os.Args[1:]))
}

// columnsOf is the width of the terminal that a writer is, or 0.
func columnsOf(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	fd := int(f.Fd())
	if !term.IsTerminal(fd) || os.Getenv("TERM") == "dumb" {
		return 0
	}
	width, _, err := term.GetSize(fd)
	if err != nil {
		return 80
	}
	return width
}
