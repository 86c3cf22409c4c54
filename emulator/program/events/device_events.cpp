// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/events/tables.hpp>

namespace spry::emulator {

namespace {

constexpr sample_event table[] = {
    {"iot-button", "IoT button",
     R"({"serialNumber":"G030%id:12%","clickType":"SINGLE","batteryVoltage":"1567mV"})"},
    {"iot-1-click", "IoT 1-Click",
     R"({"deviceEvent":{"buttonClicked":{"clickType":"SINGLE","reportedTime":"%time%"}},
"deviceInfo":{"attributes":{"colour":"red"},"type":"button","deviceId":"G030%id:12%",
"remainingLife":99.5},"placementInfo":{"projectName":"shop","placementName":"counter",
"attributes":{"floor":"1"},"devices":{"bell":"G030%id:12%"}}})"},
    {"iot-provisioning", "IoT: may a device be provisioned",
     R"({"claimCertificateId":"%hex:64%","certificateId":"%hex:64%",
"certificatePem":"-----BEGIN CERTIFICATE-----\n...",
"templateArn":"arn:aws:iot:%region%:%account%:provisioningtemplate/counters",
"clientId":"%uuid%","parameters":{"SerialNumber":"17"}})"},
    {"lex", "Lex: a bot fulfils an intent",
     R"({"messageVersion":"1.0","invocationSource":"FulfillmentCodeHook","userId":"%id:20%",
"sessionAttributes":{"shop":"17"},"requestAttributes":{"language":"en"},
"bot":{"name":"clerk","alias":"$LATEST","version":"$LATEST"},"outputDialogMode":"Text",
"inputTranscript":"where is my order","currentIntent":{"name":"FindOrder",
"slots":{"order":"17"},"slotDetails":{"order":{"resolutions":[{"value":"17"}],
"originalValue":"seventeen"}},"confirmationStatus":"None"}})"},
    {"connect", "Connect: a contact flow asks",
     R"({"Name":"ContactFlowEvent","Details":{"ContactData":{"Attributes":{"shop":"17"},
"Channel":"VOICE","ContactId":"%request%","InitialContactId":"%request%",
"PreviousContactId":"%request%","InitiationMethod":"INBOUND",
"InstanceARN":"arn:aws:connect:%region%:%account%:instance/%uuid%",
"CustomerEndpoint":{"Type":"TELEPHONE_NUMBER","Address":"+15550100017"},
"SystemEndpoint":{"Type":"TELEPHONE_NUMBER","Address":"+15550100018"},
"Queue":{"Name":"orders","ARN":"arn:aws:connect:%region%:%account%:instance/%uuid%/queue/%uuid%"}},
"Parameters":{"order":"17"}}})"},
    {"config", "Config: a rule is evaluated",
     R"({"version":"1.0","configRuleId":"config-rule-%hex:6%","configRuleName":"orders",
"configRuleArn":"arn:aws:config:%region%:%account%:config-rule/config-rule-%hex:6%",
"invokingEvent":"{\"awsAccountId\":\"%account%\",\"notificationCreationTime\":\"%time%\",\"messageType\":\"ScheduledNotification\",\"recordVersion\":\"1.0\"}",
"ruleParameters":"{\"limit\":\"17\"}","resultToken":"%id:60%","eventLeftScope":false,
"executionRoleArn":"arn:aws:iam::%account%:role/orders","accountId":"%account%"})"},
    {"clientvpn", "Client VPN: may somebody connect",
     R"({"connection-id":"cvpn-connection-%hex:17%","endpoint-id":"cvpn-endpoint-%hex:17%",
"common-name":"reader.example.com","username":"reader","platform":"linux","platform-version":"6.1",
"public-ip":"192.0.2.17","client-openvpn-version":"2.6.3","schema-version":"v1"})"},
};

} // namespace

std::span<const sample_event> device_events() noexcept {
    return table;
}

} // namespace spry::emulator
