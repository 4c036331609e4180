package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"
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
		Exit:    os.Exit,
		Columns: columns,
		Stages:  wired(),
	}
	os.Exit(c.Run(context.Background(), os.Args[1:]))
}

// columns is the width of the terminal that standard error is, or 0.
func columns() int {
	fd := int(os.Stderr.Fd())
	if !term.IsTerminal(fd) || os.Getenv("TERM") == "dumb" {
		return 0
	}
	width, _, err := term.GetSize(fd)
	if err != nil {
		return 80
	}
	return width
}
