// Aircheck is a live-streaming server that records by rule.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"aircheck/configs"
	"aircheck/server"
)

// version is set by the linker.
var version = "dev"

type cli struct {
	Config string `help:"Configuration file; without it ./aircheck.yml if it exists." short:"c" type:"path" env:"AIRCHECK_CONFIG"`

	Serve       serveCmd       `cmd:"" default:"withargs" help:"Start the server. What happens without a command."`
	Check       checkCmd       `cmd:"" help:"Validate the configuration and exit."`
	Defaults    defaultsCmd    `cmd:"" help:"Print the configuration file with every key at its default, to start from."`
	URL         urlCmd         `cmd:"" name:"url" help:"Print the addresses to push a stream to and to play it from, signed."`
	Password    passwordCmd    `cmd:"" help:"Make and print a new password for the web console."`
	Healthcheck healthcheckCmd `cmd:"" help:"Ask the running server whether it is ready; exit 1 if not."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
	Help        helpCmd        `cmd:"" help:"Show this, or the flags of a command."`

	ShowVersion kong.VersionFlag `name:"version" help:"Print the version."`
}

type (
	serveCmd    struct{}
	checkCmd    struct{}
	defaultsCmd struct{}
	urlCmd      struct {
		Stream string `arg:"" help:"APP/STREAM, such as live/show." name:"app/stream"`
		server.URLOptions
	}
	passwordCmd    struct{}
	healthcheckCmd struct{}
	versionCmd     struct{}
	helpCmd        struct {
		Command []string `arg:"" optional:"" help:"Command to show."`
	}
)

func main() {
	var c cli
	k := kong.Parse(&c, kong.Name("aircheck"), kong.UsageOnError(), kong.Vars{"version": "aircheck " + version},
		kong.Description("A live-streaming server that records by rule."))
	if err := k.Run(&c, k.Kong); err != nil {
		fmt.Fprintln(os.Stderr, "aircheck:", err)
		os.Exit(1)
	}
}

func (c *cli) load() (configs.Config, error) { return configs.Load(c.Config, os.Environ()) }

// Run starts the server and stops it on SIGINT or SIGTERM; a second signal ends the process at once.
func (serveCmd) Run(c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	log := newLogger(cfg.Log)
	coarsenTimers(log)
	keepSmall()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	s, err := server.New(ctx, cfg, version, log)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

// keepSmall has garbage collected early, unless GOGC says otherwise: media passes through memory that is used again, so there is
// little garbage, and what there is need not double the size of the process.
func keepSmall() {
	const percent = 40
	if _, told := os.LookupEnv("GOGC"); !told {
		debug.SetGCPercent(percent)
	}
}

func newLogger(c configs.Log) *slog.Logger {
	var o slog.HandlerOptions
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err == nil {
		o.Level = level
	}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, &o))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &o))
}

// Run validates the configuration, and what it names.
func (checkCmd) Run(c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if err := server.Check(context.Background(), cfg); err != nil {
		return err
	}
	fmt.Println("The configuration is valid.")
	return nil
}

// Run prints the documented defaults.
func (defaultsCmd) Run() error {
	_, err := os.Stdout.Write(configs.DefaultYAML())
	return err
}

// Run prints signed addresses.
func (u urlCmd) Run(c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	return server.PrintURLs(context.Background(), os.Stdout, cfg, u.Stream, u.URLOptions)
}

// Run prints a new password.
func (passwordCmd) Run(c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	password, err := server.NewPassword(cfg)
	if err == nil {
		fmt.Println(password)
	}
	return err
}

// Run asks the server that this configuration describes.
func (healthcheckCmd) Run(c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	return server.CheckHealth(context.Background(), cfg)
}

// Run prints the version.
func (versionCmd) Run() error {
	fmt.Println("aircheck", version)
	return nil
}

// Run prints what --help does.
func (h helpCmd) Run(k *kong.Kong) error {
	_, err := k.Parse(append(h.Command, "--help"))
	return err
}
