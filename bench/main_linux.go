package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/katop/katop/lab"
)

func main() {
	lab.Main() // the processes of the load are this program
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second signal kills
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// plan is what is to be measured.
type plan struct {
	sockets int
	rounds  int
	watch   time.Duration // for how long a monitor is watched
	only    string        // the name of the one step to take, "" for all
	katop   string        // the binary, "" to build one
	output  string        // the document to write into, "" for standard output alone
}

func run(ctx context.Context, args []string) (err error) {
	p, err := parsePlan(args)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "katop-bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	k, err := newKatop(ctx, p.katop, folder)
	if err != nil {
		return err
	}
	l, err := newLoad()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	r := &report{plan: p, machine: thisMachine()}
	err = measure(ctx, p, k, l, r)
	fmt.Print(r.markdown())
	if err != nil || p.output == "" {
		return err
	}
	return r.writeInto(p.output)
}

func parsePlan(args []string) (p plan, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&p.sockets, "n", 100_000, "how many sockets: two for a connection, as both its ends are here")
	flags.IntVar(&p.rounds, "rounds", 5, "how often each is measured")
	flags.DurationVar(&p.watch, "watch", 20*time.Second, "for how long a monitor's CPU is measured")
	flags.StringVar(&p.only, "only", "", "take only this step: "+strings.Join(stepNames(), ", "))
	flags.StringVar(&p.katop, "katop", "", "the katop to measure; built from this tree where it is left out")
	flags.StringVar(&p.output, "o", "", "write the section between the markers of this document, too")
	if err := flags.Parse(args); err != nil {
		return p, err
	}
	if p.sockets < 40 || p.rounds < 1 || p.watch <= 0 || flags.NArg() > 0 {
		return p, errors.New("-n is 40 or more, -rounds 1 or more, -watch above 0, and there are no other arguments")
	}
	if p.only != "" && !slices.Contains(stepNames(), p.only) {
		return p, fmt.Errorf("-only %q: the steps are %s", p.only, strings.Join(stepNames(), ", "))
	}
	if p.only != "" && p.output != "" {
		return p, errors.New("-only with -o: the section of the document is about all steps, and would lose those that are left out")
	}
	return p, nil
}
