package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"surveyflow/handlers"
	"surveyflow/handlers/apiv3"
	"surveyflow/handlers/inbound"
	"surveyflow/handlers/respond"
	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/call"
	"surveyflow/internal/clientcert"
	"surveyflow/internal/clock"
	"surveyflow/internal/config"
	"surveyflow/internal/contact"
	"surveyflow/internal/credential"
	"surveyflow/internal/distribution"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/notice"
	"surveyflow/internal/openid"
	"surveyflow/internal/outbound"
	"surveyflow/internal/report"
	"surveyflow/internal/runner"
	"surveyflow/internal/schedule"
	"surveyflow/internal/script"
	"surveyflow/internal/secret"
	"surveyflow/internal/signing"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/internal/task"
	"surveyflow/internal/task/addcontact"
	"surveyflow/internal/task/code"
	"surveyflow/internal/task/email"
	"surveyflow/internal/task/notification"
	"surveyflow/internal/task/outboundwebhook"
	"surveyflow/internal/task/sendsurvey"
	"surveyflow/internal/task/wait"
	"surveyflow/internal/task/webservice"
	"surveyflow/internal/trigger"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

const (
	headerTimeout = 10 * time.Second
	readTimeout   = 60 * time.Second
	writeTimeout  = 90 * time.Second // longer than the longest delay of a receiver
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
	shutdownGrace = 10 * time.Second
	purgeEvery    = time.Hour
)

// serveCommand is "surveyflow serve": the web server and, unless told otherwise, the workers.
func serveCommand(ctx context.Context, e environment, c config.Config, args []string) error {
	flags := flag.NewFlagSet("surveyflow serve", flag.ContinueOnError)
	noWorkers := flags.Bool("no-workers", false, "serve pages and API only; other processes work")
	if help, err := e.parse(flags, args); help || err != nil {
		return err
	}
	return inWords(ctx, serve(ctx, serving{config: c, log: e.log, web: true, workers: !*noWorkers}))
}

// workCommand is "surveyflow work": the workers alone.
func workCommand(ctx context.Context, e environment, c config.Config, args []string) error {
	if help, err := e.parse(flag.NewFlagSet("surveyflow work", flag.ContinueOnError), args); help || err != nil {
		return err
	}
	return inWords(ctx, serve(ctx, serving{config: c, log: e.log, workers: true}))
}

// serving says what a process of the program does.
type serving struct {
	config  config.Config
	log     *slog.Logger
	web     bool
	workers bool
	ready   func(context.Context, *app) error // called once the server answers; nil for nothing
	clock   clock.Clock                       // nil means the machine's
	grace   time.Duration                     // for runs under way at the end; 0 means the runner's default
}

// app is the program put together.
type app struct {
	config       config.Config
	log          *slog.Logger
	clock        clock.Clock
	store        *store.Store
	people       *account.People
	tokens       *account.Tokens
	base         link.Base
	types        *task.Registry
	scripts      *script.Pool
	domains      *credential.Domains
	credentials  *credential.Service
	signing      *signing.Keeper
	surveys      *survey.Service
	contacts     *contact.Service
	reports      *report.Service
	invitations  *distribution.Service
	calls        *call.Service // of collectors' webhooks
	runner       *runner.Runner
	triggers     *trigger.Service
	sealer       *secret.Sealer
	certificates *clientcert.Service
	mail         *mail.Sender // nil without a mail server
	outbox       *mail.Outbox
	outbound     *outbound.Client
	server       *http.Server
}

// serve puts the program together, top to bottom, and runs it until ctx ends. Then it stops in order: the workers claim no
// more and end what they have, while the server still answers their calls to our own addresses; then the server; then
// the database.
func serve(ctx context.Context, o serving) (err error) {
	listener, err := listen(ctx, &o)
	if err != nil {
		return err
	}
	defer func() {
		if listener != nil {
			listener.Close() //nolint:errcheck // the server may have closed it
		}
	}()
	o.log.Info("starting", "version", version, "commit", commit(), "settings", o.config)

	if o.clock == nil {
		o.clock = clock.System{}
	}
	s, err := openStore(ctx, o.config, o.clock, o.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Lock(); err != nil {
		return err
	}
	if err := migrate(ctx, s, o.log); err != nil {
		return err
	}
	if err := s.Start(ctx); err != nil {
		return err
	}
	a, err := assemble(ctx, o, s)
	if err != nil {
		return err
	}
	defer a.scripts.Close()
	return a.run(ctx, o, listener)
}

// listen takes the port before anything else, so that a port that is taken is found at once, and settles the
// addresses that depend on it.
func listen(ctx context.Context, o *serving) (net.Listener, error) {
	if !o.web {
		return nil, nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", o.config.Addr())
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", o.config.Addr(), err)
	}
	if tcp, ok := l.Addr().(*net.TCPAddr); ok {
		o.config = o.config.Listening(tcp.Port)
	}
	return l, nil
}

func assemble(ctx context.Context, o serving, s *store.Store) (*app, error) {
	c := o.config
	a := &app{config: c, log: o.log, clock: o.clock, store: s}
	keks, err := rootKeys(c)
	if err != nil {
		return nil, err
	}
	sealer, err := secret.Open(ctx, s, keks, a.clock) // a wrong key stops the program here
	if err != nil {
		return nil, err
	}
	if a.base, err = link.NewBase(c.BaseURL.String(), c.PublicURL.String()); err != nil {
		return nil, err
	}
	allow, err := outbound.ParseAllow(strings.Join(c.OutboundAllow, ","))
	if err != nil {
		return nil, err
	}
	own, err := outbound.NewOwn(a.base.App(""), a.base.Public(""))
	if err != nil {
		return nil, err
	}
	a.domains = credential.NewDomains(s, a.clock)
	client := outbound.New(outbound.Options{Version: version, Allow: allow, Own: own, Domains: a.domains.Hosts})
	a.outbound = client
	a.credentials = credential.New(credential.Options{
		Store: s, Sealer: sealer, Client: client, Clock: a.clock, Log: a.log, RedirectURL: a.base.App(link.OAuthRedirect()), Notices: a.credentialNotices,
	})

	a.mail = mail.NewSender(mail.SenderOptions{URL: c.SMTP, From: c.MailFrom, Sealer: sealer, Clock: a.clock})
	a.outbox = mail.NewOutbox(mail.Options{Base: a.base, Sealer: sealer, Clock: a.clock, Sending: a.mail != nil})
	a.people = account.New(s, a.clock, a.log)
	a.people.UseOutbox(a.outbox)
	a.people.UseSealer(sealer)
	a.people.UseOpenID(openid.New(client, a.clock))
	a.tokens = account.NewTokens(s, a.clock, a.log)
	a.surveys = survey.New(s, a.clock)
	a.reports = report.New(s, a.surveys, a.clock)
	a.contacts = contact.New(s, a.clock)
	a.invitations = distribution.New(distribution.Options{Store: s, Outbox: a.outbox, Base: a.base, Clock: a.clock, Log: a.log})
	a.sealer = sealer
	a.certificates = clientcert.New(clientcert.Options{
		Store: s, Sealer: sealer, Outbox: a.outbox, Clock: a.clock, Log: a.log, Header: c.CertHeader, Proxies: len(c.TrustedProxies) > 0,
	})
	a.triggers = trigger.New(trigger.Options{Store: s, Tokens: a.tokens, Sealer: sealer, Clock: a.clock, Log: a.log})
	a.calls = call.New(call.Options{Store: s, Tokens: a.tokens, Contacts: a.contacts, Clock: a.clock, Log: a.log})
	a.scripts = script.NewPool(script.Options{Log: a.log})
	a.signing = signing.NewKeeper(s, sealer, a.clock)
	calls := webservice.New(client, a.credentials)
	a.types = task.NewRegistry(
		calls,
		outboundwebhook.New(calls, a.signing, a.clock),
		code.New(a.scripts),
		addcontact.New(a.contacts),
		sendsurvey.New(s),
		email.New(s, a.outbox),
		notification.New(s, a.outbox),
		wait.New(func(ctx context.Context, orgID string) (string, error) {
			o, err := s.Organisation(ctx, models.SystemActor(orgID))
			if err != nil {
				return "", err
			}
			return o.TimeZone, nil
		}),
	)
	if o.workers {
		a.runner = runner.New(runner.Options{
			Store: s, Types: a.types, Clock: a.clock, Log: a.log, Workers: c.Workers, Grace: o.grace, Retention: c.RunRetention(),
			SurveyLink: a.base.JFE, Mail: a.mail, Outbox: a.outbox, Sealer: sealer, Jobs: a.jobs(),
		})
	}
	if o.web {
		return a, a.assembleWeb(secret.CookieKeys(keks)) //nolint:contextcheck // handlers have the context of their request
	}
	return a, nil
}

// jobs are the kinds of long work that people can ask for.
func (a *app) jobs() map[models.JobKind]store.JobStep {
	all := map[models.JobKind]store.JobStep{}
	maps.Copy(all, workflow.JobSteps)
	all[models.JobInvite] = store.InviteJob
	all[models.JobImportContacts] = a.contacts.ImportStep
	all[models.JobExportContacts] = a.contacts.ExportStep
	all[models.JobExportRuns] = workflow.Export{Row: apiv3.RunJSON}.Step
	all[models.JobExportResponses] = a.reports.Step
	all[models.JobImportResponses] = a.reports.ImportStep
	all[models.JobUpdateResponses] = a.surveys.ChangeStep
	all[models.JobDeleteResponses] = a.surveys.ChangeStep
	return all
}

func (a *app) assembleWeb(cookieKeys [][]byte) error {
	frame, err := web.New(web.Options{
		Base: a.base, TrustedProxies: a.config.TrustedProxies, CertHeader: a.config.CertHeader, People: a.people, Store: a.store, CookieKey: cookieKeys[0],
		Clock: a.clock, Log: a.log,
	})
	if err != nil {
		return err
	}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), a.measures())
	api := apiv3.New(apiv3.Deps{
		Store: a.store, Surveys: a.surveys, Reports: a.reports, Tokens: a.tokens, Tasks: a.types, Credentials: a.credentials, Signing: a.signing, Contacts: a.contacts, Certificates: a.certificates, Outbox: a.outbox, Base: a.base, Clock: a.clock, Log: a.log, Version: version, Sealer: a.sealer, Outbound: a.outbound,
	})
	routes := handlers.Routes(handlers.Deps{
		Web: frame, Store: a.store, People: a.people, Surveys: a.surveys, Reports: a.reports, Tasks: a.types, Scripts: a.scripts, Log: a.log, Base: a.base, Clock: a.clock, Sealer: a.sealer, Triggers: a.triggers, Calls: a.calls,
		Credentials: a.credentials, Certificates: a.certificates, Signing: a.signing, Contacts: a.contacts, Domains: a.domains, Mail: a.mail, Outbox: a.outbox, Retention: a.config.RunRetention(), MetricsToken: string(a.config.MetricsToken), Metrics: metrics,
		API: api,
		Rooms: [][]web.Route{
			api.Routes(),
			respond.New(respond.Deps{Survey: a.surveys, Store: a.store, Base: a.base, Clock: a.clock}).Routes(),
			inbound.Routes(inbound.NewReceivers(a.store, a.clock, a.log), inbound.NewEvents(a.store, a.triggers, api.Problem, a.log), inbound.NewCalls(a.calls)),
		},
	})
	router := frame.Echo(routes)
	apiv3.Register(router)
	api.Through(router)
	a.server = &http.Server{
		Handler: router, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	return nil
}

// run serves and works until ctx ends or one of the two fails.
func (a *app) run(ctx context.Context, o serving, l net.Listener) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var background, working sync.WaitGroup
	background.Go(func() { a.tokens.Run(ctx) })
	background.Go(func() { a.calls.Run(ctx) })
	background.Go(func() { a.purgePeople(ctx) })
	if a.server != nil {
		if err := a.announce(ctx); err != nil {
			cancel(err)
		}
		background.Go(func() {
			if err := a.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				cancel(fmt.Errorf("serve: %w", err))
			}
		})
	}
	if a.runner != nil {
		background.Go(func() { a.surveys.Expire(ctx, a.log) })
		background.Go(func() { a.surveys.Dates(ctx, a.log) })
		background.Go(func() { schedule.New(a.store, a.clock, a.log).Run(ctx) })
		background.Go(func() { a.invitations.Run(ctx) })
		background.Go(func() {
			notice.New(notice.Options{Store: a.store, Outbox: a.outbox, Reports: a.reports, Clock: a.clock, Log: a.log}).Run(ctx)
		})
		working.Go(func() {
			if err := a.runner.Run(ctx); err != nil {
				cancel(err)
			}
		})
	}
	if o.ready != nil {
		if err := o.ready(ctx, a); err != nil {
			cancel(err)
		}
	}
	<-ctx.Done()
	a.log.Info("stopping")
	working.Wait()
	err := a.closeServer(ctx)
	background.Wait()
	a.credentials.Wait()
	a.credentials.Close()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	a.log.Info("stopped")
	return err
}

// closeServer lets requests under way end.
func (a *app) closeServer(ctx context.Context) error {
	if a.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if err := a.server.Shutdown(ctx); err != nil {
		return a.server.Close()
	}
	return nil
}

// announce logs where the server is and, while nobody can sign in, the code that opens the set-up page.
func (a *app) announce(ctx context.Context) error {
	a.log.Info("serving", "url", a.base.App(""))
	code, err := a.people.SetUpCode(ctx)
	if err != nil {
		return err
	}
	if code != "" {
		a.log.Info("nobody can sign in yet: open the page and enter the code", "page", a.base.App(link.SetUp()), "code", code)
	}
	return nil
}

// purgePeople removes sessions and sign-in failures whose time is over.
func (a *app) purgePeople(ctx context.Context) {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		if err := a.credentials.WarnOfCertificates(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("looking for ending certificates failed; trying again later", "error", err)
		}
		if err := a.certificates.WarnOfEnds(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("looking for ending client certificates failed; trying again later", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			a.contacts.Purge(ctx, a.log)
			if err := a.tokens.Purge(ctx); err != nil && ctx.Err() == nil {
				a.log.Warn("purging the log of calls failed; trying again later", "error", err)
			}
			if err := a.people.Purge(ctx); err != nil && ctx.Err() == nil {
				a.log.Warn("purging sessions failed; trying again later", "error", err)
			}
		}
	}
}
