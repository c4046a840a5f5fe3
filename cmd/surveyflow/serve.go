package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
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
	"surveyflow/internal/clock"
	"surveyflow/internal/config"
	"surveyflow/internal/link"
	"surveyflow/internal/outbound"
	"surveyflow/internal/runner"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/internal/task"
	"surveyflow/internal/task/webservice"
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
	config  config.Config
	log     *slog.Logger
	clock   clock.Clock
	store   *store.Store
	people  *account.People
	tokens  *account.Tokens
	base    link.Base
	types   *task.Registry
	surveys *survey.Service
	runner  *runner.Runner
	server  *http.Server
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
	if _, err := secret.Open(ctx, s, keks, a.clock); err != nil { // a wrong key stops the program here
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
	client := outbound.New(outbound.Options{Version: version, Allow: allow, Own: own})

	a.people = account.New(s, a.clock, a.log)
	a.tokens = account.NewTokens(s, a.clock, a.log)
	a.surveys = survey.New(s, a.clock)
	a.types = task.NewRegistry(
		webservice.New(client),
	)
	if o.workers {
		a.runner = runner.New(runner.Options{
			Store: s, Types: a.types, Clock: a.clock, Log: a.log, Workers: c.Workers, Grace: o.grace, Retention: c.RunRetention(),
			SurveyLink: a.base.JFE,
		})
	}
	if o.web {
		return a, a.assembleWeb(secret.CookieKeys(keks)) //nolint:contextcheck // handlers have the context of their request
	}
	return a, nil
}

func (a *app) assembleWeb(cookieKeys [][]byte) error {
	frame, err := web.New(web.Options{
		Base: a.base, TrustedProxies: a.config.TrustedProxies, People: a.people, Store: a.store, CookieKey: cookieKeys[0],
		Clock: a.clock, Log: a.log,
	})
	if err != nil {
		return err
	}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), a.measures())
	routes := handlers.Routes(handlers.Deps{
		Web: frame, Store: a.store, People: a.people, Surveys: a.surveys, Tasks: a.types, Log: a.log, Base: a.base, Clock: a.clock,
		MetricsToken: string(a.config.MetricsToken), Metrics: metrics,
		Rooms: [][]web.Route{
			apiv3.New(apiv3.Deps{
				Store: a.store, Surveys: a.surveys, Tokens: a.tokens, Tasks: a.types, Base: a.base, Clock: a.clock, Log: a.log, Version: version,
			}).Routes(),
			respond.New(respond.Deps{Survey: a.surveys, Base: a.base, Clock: a.clock}).Routes(),
			inbound.Routes(inbound.NewReceivers(a.store, a.clock, a.log)),
		},
	})
	router := frame.Echo(routes)
	apiv3.Register(router)
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
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := a.people.Purge(ctx); err != nil && ctx.Err() == nil {
				a.log.Warn("purging sessions failed; trying again later", "error", err)
			}
		}
	}
}
