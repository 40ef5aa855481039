// Command collector receives recordings and serves them to people.
//
//	collector                      serve on 127.0.0.1:8080, data in ./afterimage-data
//	collector site add --origin https://shop.example
//	collector site list | set ID … | check ID | rotate-key ID | destroy-key ID | reports ID
//	collector session erase ID
//	collector backup envelopes DIR
//	collector audit
//	collector doctor
//	collector user list | add | password | link NAME
//	collector token list | add | revoke NAME
//	collector version
//
// Every setting is a flag and an environment variable (AFTERIMAGE_…); --help lists them.
// Errors are "error: what" and "hint: what to do" on the standard error, status 1.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"afterimage/collector/admin"
	"afterimage/collector/flags"
	"afterimage/collector/notify"
	"afterimage/jsbridge"

	"github.com/alecthomas/kong"
)

// version of the program; the recorder carries the same.
const version = "1.0.0"

type commandLine struct {
	Data    string `name:"data" env:"AFTERIMAGE_DATA" default:"afterimage-data" placeholder:"DIR" help:"Data directory."`
	Keys    string `name:"keys" env:"AFTERIMAGE_KEYS" placeholder:"FILE" without:"afterimage/master.key in the user's configuration directory" help:"Master key of managed sites, outside the data directory."`
	Journal string `name:"journal" env:"AFTERIMAGE_JOURNAL" default:"embedded" placeholder:"WHERE" help:"Arriving segments: embedded, or nats://host,host."`
	Blobs   string `name:"blobs" env:"AFTERIMAGE_BLOBS" default:"embedded" placeholder:"WHERE" help:"Finished sessions: embedded, file:///dir, or s3://bucket?…."`
	DB      string `name:"db" env:"AFTERIMAGE_DB" default:"embedded" placeholder:"WHERE" help:"Index: embedded, sqlite:FILE, or postgres://…."`

	JournalMaxMiB int64 `name:"journal-max-mib" env:"AFTERIMAGE_JOURNAL_MAX_MIB" default:"16384" help:"Size of the journal; beyond it uploads are refused until sessions are finalised."`
	MinFreeMiB    int64 `name:"min-free-mib" env:"AFTERIMAGE_MIN_FREE_MIB" default:"64" help:"Space that stays free on the data directory's disk; below it uploads are refused."`

	EnvelopeDays float64 `name:"envelope-days" env:"AFTERIMAGE_ENVELOPE_DAYS" default:"7" help:"How long a backup of envelopes is kept; an erasure is complete when the last one is gone."`

	NotifyWebhook string   `name:"notify-webhook" env:"AFTERIMAGE_NOTIFY_WEBHOOK" placeholder:"URL" help:"Is sent a POST when a site's privacy settings or consent text change."`
	SMTP          string   `name:"smtp" env:"AFTERIMAGE_SMTP" placeholder:"HOST:PORT" help:"Mail server for the same."`
	SMTPUser      string   `name:"smtp-user" env:"AFTERIMAGE_SMTP_USER" placeholder:"NAME" help:"Login at the mail server; its password is AFTERIMAGE_SMTP_PASSWORD."`
	SMTPPassword  string   `name:"smtp-password" env:"AFTERIMAGE_SMTP_PASSWORD" hidden:"" help:"Better as the environment variable: other users see command lines."`
	SMTPCA        string   `name:"smtp-ca" env:"AFTERIMAGE_SMTP_CA" type:"path" placeholder:"FILE" help:"PEM file of the authority that the mail server's certificate is of, instead of the system's; no mail goes without TLS then."`
	NotifyFrom    string   `name:"notify-from" env:"AFTERIMAGE_NOTIFY_FROM" placeholder:"ADDRESS" help:"Sender of these mails."`
	NotifyTo      []string `name:"notify-to" env:"AFTERIMAGE_NOTIFY_TO" placeholder:"ADDRESS" help:"Who gets them."`

	LogLevel string `name:"log-level" env:"AFTERIMAGE_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" placeholder:"LEVEL" help:"Level of the log on the standard error: debug, info, warn or error."`

	Serve   serveCommand   `cmd:"" default:"withargs" help:"Run the collector (the default)."`
	Site    siteCommand    `cmd:"" help:"Sites: add, list, set, check, rotate-key, destroy-key, reports."`
	User    userCommand    `cmd:"" help:"People who may sign in: add, list, password, link."`
	Token   tokenCommand   `cmd:"" help:"API tokens: add, list, revoke."`
	Session sessionCommand `cmd:"" help:"Sessions: erase."`
	Backup  backupCommand  `cmd:"" help:"Backups: envelopes."`
	Audit   auditCommand   `cmd:"" help:"Who did what when."`
	Doctor  doctorCommand  `cmd:"" help:"Look for what is wrong on this machine."`
	Version versionCommand `cmd:"" help:"Print the version, and the script tag that takes its recorder alone."`
}

type versionCommand struct{}

func (versionCommand) Run() error {
	fmt.Println("afterimage collector", version)
	for _, e := range jsbridge.Assets().Entries() {
		if e.Immutable && strings.HasPrefix(e.Name, "afterimage.") {
			fmt.Printf("<script async crossorigin src=\"https://COLLECTOR/%s\" integrity=\"sha256-%s\" data-site=\"SITE_KEY\"></script>\n", e.Name, e.SHA256)
		}
	}
	return nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		var p *admin.Problem
		if errors.As(err, &p) && p.Hint != "" {
			fmt.Fprintf(os.Stderr, "hint: %s\n", p.Hint)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	var cli commandLine
	k, err := kong.New(&cli, kong.Name("collector"), kong.Description("Receives recordings and serves them to people."),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.ConfigureHelp(kong.HelpOptions{Compact: true}), flags.Option())
	if err != nil {
		return err
	}
	flags.Describe(k)
	command, err := k.Parse(args)
	if err != nil {
		return &admin.Problem{What: err.Error(), Hint: "collector --help lists commands and flags"}
	}
	if err := cli.notify().Check(); err != nil {
		return &admin.Problem{What: err.Error(), Hint: "collector --help lists --notify-… and --smtp…"}
	}
	if cli.EnvelopeDays <= 0 {
		return &admin.Problem{What: fmt.Sprintf("--envelope-days %v", cli.EnvelopeDays), Hint: "give more than 0: a backup that never goes would keep what was erased"}
	}
	return command.Run(&cli)
}

func (c *commandLine) log() *slog.Logger {
	var level slog.Level
	level.UnmarshalText([]byte(c.LogLevel)) // one of the enum
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

func (c *commandLine) notify() notify.Config {
	return notify.Config{Webhook: c.NotifyWebhook, SMTP: c.SMTP, SMTPUser: c.SMTPUser, SMTPPass: c.SMTPPassword, SMTPCA: c.SMTPCA, From: c.NotifyFrom, To: c.NotifyTo}
}
