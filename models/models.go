// Package models holds the domain types of Surveyflow with the rules that need nothing but the value itself.
// It runs no queries, makes no calls and logs nothing; it imports only the standard library.
package models
