// Package handlers holds the pages and the one table of routes. A feature is one file with one small struct; its
// methods parse the request, call the engine and render a view.
package handlers

import (
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"surveyflow/handlers/apiv3"
	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/call"
	"surveyflow/internal/clientcert"
	"surveyflow/internal/clock"
	"surveyflow/internal/contact"
	"surveyflow/internal/credential"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/report"
	"surveyflow/internal/script"
	"surveyflow/internal/secret"
	"surveyflow/internal/signing"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/internal/task"
	"surveyflow/internal/trigger"
	"surveyflow/models"
)

// Deps are what the pages need; cmd fills it in.
type Deps struct {
	Web          *web.Web
	Store        *store.Store
	People       *account.People
	Surveys      *survey.Service
	Reports      *report.Service
	Tasks        *task.Registry // the types of tasks
	Credentials  *credential.Service
	Certificates *clientcert.Service // for clients of the API
	Contacts     *contact.Service
	Domains      *credential.Domains
	Signing      *signing.Keeper // the secrets of webhooks
	Log          *slog.Logger    // nil: nothing is logged
	Scripts      *script.Pool    // reads code while it is typed; nil leaves that to saving
	Base         link.Base
	Clock        clock.Clock
	Sealer       *secret.Sealer
	Triggers     *trigger.Service
	Calls        *call.Service // of collectors' webhooks
	Mail         *mail.Sender  // nil without a mail server
	Outbox       *mail.Outbox
	Retention    time.Duration       // how long runs are kept when the organisation says nothing else
	MetricsToken string              // opens /metrics to others than loopback; empty: nothing does
	Metrics      prometheus.Gatherer // nil means the default registry

	API *apiv3.API // whose documentation is shown

	// Rooms are the rows of the rooms beside the pages: respond.Routes, apiv3.Routes, inbound.Routes.
	Rooms [][]web.Route
}

// Routes is the table of all routes: method, pattern, handler, who may come, and to which origin it belongs.
func Routes(d Deps) []web.Route {
	return slices.Concat(append([][]web.Route{
		systemRoutes(d),
		peopleRoutes(d),
		surveyRoutes(d),
		surveyImportRoutes(d),
		labelRoutes(d),
		translationRoutes(&builder{store: d.Store, base: d.Base, clock: d.Clock}),
		collectorRoutes(d),
		reportRoutes(d),
		mySurveyRoutes(d),
		statisticsRoutes(d),
		noticeRoutes(d),
		workflowRoutes(d),
		runRoutes(d),
		jobRoutes(d),
		startRoutes(d),
		failingRoutes(d),
		receiverRoutes(d),
		credentialRoutes(d),
		contactRoutes(d),
		domainRoutes(d),
		settingsRoutes(d),
		tokenRoutes(d),
		collectorCallRoutes(d),
		apiPageRoutes(d),
		certificateRoutes(d),
		auditRoutes(d),
		mailRoutes(d),
		notificationRoutes(d),
		resetRoutes(d),
		userRoutes(d),
		shareRoutes(d),
		quotaRoutes(d),
		secondFactorRoutes(d),
		signInServiceRoutes(d),
	}, d.Rooms...)...)
}

// systemRoutes are the rows that belong to no feature.
func systemRoutes(d Deps) []web.Route {
	health := newHealth(d.Store, d.MetricsToken, d.Metrics)
	home := &home{web: d.Web, store: d.Store}
	return []web.Route{
		{Method: get, Pattern: link.PatternHealth, Handler: health.process, Guard: web.GuardNone, Origin: web.OriginPublic, Quiet: true, Errors: plainProblem},
		{Method: get, Pattern: link.PatternReady, Handler: health.ready, Guard: web.GuardNone, Origin: web.OriginPublic, Quiet: true, Errors: plainProblem},
		{Method: get, Pattern: link.PatternMetrics, Handler: health.measures, Guard: web.GuardNone, Origin: web.OriginPublic, Quiet: true, Errors: plainProblem},
		{Method: get, Pattern: link.PatternStatic, Handler: home.file, Guard: web.GuardNone, Origin: web.OriginPublic, Quiet: true, Errors: plainProblem},

		{Method: get, Pattern: link.PatternHome, Handler: home.show, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternTheme, Handler: home.theme, Guard: web.GuardVisitor, Origin: web.OriginApp},
	}
}

// peopleRoutes are the rows about who uses the app.
func peopleRoutes(d Deps) []web.Route {
	setUp := &setUp{web: d.Web, people: d.People}
	signIn := &signIn{web: d.Web, people: d.People}
	invite := &invite{web: d.Web, people: d.People, store: d.Store}
	account := &ownAccount{people: d.People, store: d.Store}
	return []web.Route{
		{Method: get, Pattern: link.PatternSetUp, Handler: setUp.show, Guard: web.GuardVisitor, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSetUp, Handler: setUp.create, Guard: web.GuardVisitor, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSignIn, Handler: signIn.show, Guard: web.GuardVisitor, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSignIn, Handler: signIn.create, Guard: web.GuardVisitor, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternInvitation, Handler: invite.show, Guard: web.GuardVisitor, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternInvitation, Handler: invite.accept, Guard: web.GuardVisitor, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSignOut, Handler: signIn.delete, Guard: web.GuardVisitor, Origin: web.OriginApp},

		{Method: get, Pattern: link.PatternAccount, Handler: account.show, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternAccountPreferences, Handler: account.savePreferences, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternAccountPassword, Handler: account.changePassword, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternAccountSessionDelete, Handler: account.endSession, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternAccountSessions, Handler: account.endSessions, Guard: web.GuardUser, Origin: web.OriginApp},
	}
}

// surveyRoutes are the rows of surveys, how they are made, who may answer, and what was answered.
func surveyRoutes(d Deps) []web.Route {
	surveys := &surveys{store: d.Store, base: d.Base, clock: d.Clock}
	build := &builder{store: d.Store, base: d.Base, clock: d.Clock}
	settings := &surveySettings{surveys: surveys, builder: build}
	collectors := &collectors{store: d.Store, surveys: d.Surveys, base: d.Base}
	responses := &responses{store: d.Store, surveys: d.Surveys, base: d.Base}
	return []web.Route{
		{Method: get, Pattern: link.PatternSurveys, Handler: surveys.list, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveys, Handler: surveys.create, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSurveyNew, Handler: surveys.new, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSurveyTemplate, Handler: surveys.template, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveysBulk, Handler: surveys.bulk, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyCopy, Handler: surveys.copy, Guard: web.GuardUser, Access: models.AccessView, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSurvey, Handler: surveys.show, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyClose, Handler: surveys.close, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyReopen, Handler: surveys.reopen, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyDelete, Handler: surveys.delete, Guard: web.GuardUser, Access: models.AccessOwn, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSurveySettings, Handler: surveys.settings, Guard: web.GuardUser, Access: models.AccessEdit, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveySettings, Handler: settings.update, Guard: web.GuardUser, Origin: web.OriginApp},

		{Method: get, Pattern: link.PatternSurveyBuild, Handler: build.show, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyPutLive, Handler: build.putLive, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSurveyLook, Handler: build.look, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSurveyCheck, Handler: build.check, Guard: web.GuardUser, Access: models.AccessEdit, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSurveyVersions, Handler: build.versions, Guard: web.GuardUser, Access: models.AccessEdit, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSurveyVersion, Handler: build.version, Guard: web.GuardUser, Access: models.AccessEdit, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyVersionRestore, Handler: build.restore, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyPutBack, Handler: build.putBack, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyPages, Handler: build.addPage, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyPage, Handler: build.savePage, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyPageMove, Handler: build.movePage, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyPageCopy, Handler: build.copyPage, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyPageDelete, Handler: build.deletePage, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternQuestions, Handler: build.addQuestion, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternQuestion, Handler: build.showQuestion, Guard: web.GuardUser, Access: models.AccessEdit, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternQuestion, Handler: build.saveQuestion, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternQuestionMove, Handler: build.moveQuestion, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternQuestionCopy, Handler: build.copyQuestion, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternQuestionCopyTo, Handler: build.copyTo, Guard: web.GuardUser, Access: models.AccessEdit, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternQuestionCopyTo, Handler: build.copyQuestionTo, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternQuestionDelete, Handler: build.deleteQuestion, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternEmbeddedData, Handler: build.saveFields, Guard: web.GuardUser, Origin: web.OriginApp},

		{Method: get, Pattern: link.PatternSurveyCollectors, Handler: collectors.list, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternCollectorClose, Handler: collectors.close, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternCollectorReopen, Handler: collectors.reopen, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternCollectorFrames, Handler: collectors.frames, Guard: web.GuardUser, Origin: web.OriginApp},

		{Method: get, Pattern: link.PatternResponses, Handler: responses.list, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternResponse, Handler: responses.show, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternResponseDelete, Handler: responses.delete, Guard: web.GuardUser, Origin: web.OriginApp},
	}
}

const (
	get  = http.MethodGet
	post = http.MethodPost
)
