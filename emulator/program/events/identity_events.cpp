// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/events/tables.hpp>

namespace spry::emulator {

namespace {

constexpr sample_event table[] = {
    {"cognito-pre-sign-up", "Cognito: before somebody signs up",
     R"({"version":"1","triggerSource":"PreSignUp_SignUp",%pool%,
"request":{%user%,"validationData":{"shop":"17"},%client-metadata%},
"response":{"autoConfirmUser":false,"autoVerifyEmail":false,"autoVerifyPhone":false}})"},
    {"cognito-post-confirmation", "Cognito: somebody has confirmed",
     R"({"version":"1","triggerSource":"PostConfirmation_ConfirmSignUp",%pool%,
"request":{%user%,%client-metadata%},
"response":{}})"},
    {"cognito-pre-authentication", "Cognito: before somebody signs in",
     R"({"version":"1","triggerSource":"PreAuthentication_Authentication",%pool%,
"request":{%user%,"validationData":{"shop":"17"}},
"response":{}})"},
    {"cognito-post-authentication", "Cognito: somebody has signed in",
     R"({"version":"1","triggerSource":"PostAuthentication_Authentication",%pool%,
"request":{%user%,"newDeviceUsed":true,%client-metadata%},
"response":{}})"},
    {"cognito-pre-token", "Cognito: before a token is made (version 1)",
     R"({"version":"1","triggerSource":"TokenGeneration_Authentication",%pool%,
"request":{%user%,"groupConfiguration":{%groups%},%client-metadata%},
"response":{"claimsOverrideDetails":{"claimsToAddOrOverride":{"shop":"17"},"claimsToSuppress":["email"],
"groupOverrideDetails":{%groups%}}}})"},
    {"cognito-pre-token-v2", "Cognito: before a token is made (version 2)",
     R"({"version":"2","triggerSource":"TokenGeneration_Authentication",%pool%,
"request":{%user%,"groupConfiguration":{"groupsToOverride":[],"iamRolesToOverride":[],"preferredRole":null},"scopes":["aws.cognito.signin.user.admin"]},
"response":{"claimsAndScopeOverrideDetails":{"idTokenGeneration":{"claimsToAddOrOverride":{"shop":"17"},"claimsToSuppress":["email"]},
"accessTokenGeneration":{"claimsToAddOrOverride":{"shop":"17"},"claimsToSuppress":["email"],
"scopesToAdd":["orders/read"],"scopesToSuppress":["phone"]},"groupOverrideDetails":{%groups%}}}})"},
    {"cognito-custom-message", "Cognito: before a message is sent",
     R"({"version":"1","triggerSource":"CustomMessage_SignUp",%pool%,
"request":{%user%,"codeParameter":"####","usernameParameter":"{username}",%client-metadata%},
"response":{"smsMessage":"","emailMessage":"","emailSubject":""}})"},
    {"cognito-define-challenge", "Cognito: which challenge comes next",
     R"({"version":"1","triggerSource":"DefineAuthChallenge_Authentication",%pool%,
"request":{%user%,%challenge%,%client-metadata%,"userNotFound":false},
"response":{"challengeName":"CUSTOM_CHALLENGE","issueTokens":false,"failAuthentication":false}})"},
    {"cognito-create-challenge", "Cognito: make a challenge",
     R"({"version":"1","triggerSource":"CreateAuthChallenge_Authentication",%pool%,
"request":{%user%,"challengeName":"CUSTOM_CHALLENGE",%challenge%,%client-metadata%},
"response":{"publicChallengeParameters":{"question":"which order?"},
"privateChallengeParameters":{"answer":"17"},"challengeMetadata":"second"}})"},
    {"cognito-federation-oidc", "Cognito: a user comes from an OIDC provider",
     R"({"version":"1","triggerSource":"InboundFederation_ExternalProvider",%pool%,
"request":{"providerName":"Example","providerType":"OIDC","attributes":{
"tokenResponse":{"access_token":"%hex:32%","token_type":"Bearer","expires_in":"3600"},
"idToken":{"sub":"%uuid%","email":"reader@example.com","email_verified":"true"},
"userInfo":{"email":"reader@example.com","given_name":"Rea","family_name":"Der"}}},
"response":{"userAttributesToMap":{"email":"reader@example.com","given_name":"Rea","family_name":"Der"}}})"},
    {"cognito-federation-saml", "Cognito: a user comes from a SAML provider",
     R"({"version":"1","triggerSource":"InboundFederation_ExternalProvider",%pool%,
"request":{"providerName":"Example","providerType":"SAML","attributes":{"samlResponse":{
"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress":"reader@example.com"}}},
"response":{"userAttributesToMap":{"email":"reader@example.com","given_name":"Rea","family_name":"Der"}}})"},
    {"cognito-sync", "Cognito Sync: a data set was synchronised",
     R"({"version":2,"eventType":"SyncTrigger","region":"%region%",
"identityPoolId":"%region%:%uuid%","identityId":"%region%:%uuid%","datasetName":"orders",
"datasetRecords":{"17":{"oldValue":"open","newValue":"paid","op":"replace"}}})"},
};

} // namespace

std::span<const sample_event> identity_events() noexcept {
    return table;
}

} // namespace spry::emulator
