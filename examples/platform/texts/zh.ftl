# 页面的中文文字。每条消息在 en.ftl 中都有对应的一条，参数相同；有测试核对两个文件和代码。

## 页面框架

brand = vocdb 平台
sections = 栏目
times = 时区：{ $zone }
live-none = 刷新页面查看最新数据
live-ready = 实时更新中
live-lost = 连接已断开
log-in = 登录
log-out = 退出
tab-stations = 站点
tab-map = 地图
tab-values = 实时数值
tab-alarms = 报警
tab-incidents = 事件
tab-rules = 规则
tab-quality = 数据质量
tab-statistics = 统计
tab-odours = 恶臭举报
tab-maintenance = 维护
tab-audit = 审计记录
tab-register = 站点登记
tab-accounts = 账号
tab-phones = 手机
tab-odour = 我要举报

## 多个页面共用的标签

label-act = 操作
label-age = 距今
label-alarm = 报警
label-channel = 通道
label-closed = 已关闭
label-comment = 备注
label-deadline = 期限
label-flag = 标识
label-from = 开始
label-incident = 事件
label-instrument = 仪器
label-limit = 限值
label-message = 消息
label-name = 名称
label-notified = 已通知
label-opened = 产生时间
label-outcome = 处理结果
label-owner = 负责人
label-person = 人员
label-priority = 优先级
label-reason = 原因
label-rule = 规则
label-recipient = 接收人
label-route = 通知方式
label-share = 占比
label-site = 排污单位
label-state = 状态
label-station = 站点
label-time = 时间
label-to = 结束
label-unit = 单位
label-until = 截止时间
label-value = 数值
label-wind = 风
list-separator = 、
no-value = 无数值
nobody = 无
none = 无
show = 查询
stale = 数据过期

## 时长

span-seconds = { $seconds } 秒
span-minutes = { $minutes } 分钟
span-hours = { $hours } 小时 { $minutes } 分
span-days = { $days } 天 { $hours } 小时
span-ago = { $span }前
span-ahead = { $span }后
span-hour = 1 小时
span-six-hours = 6 小时
span-day = 1 天
span-week = 1 周

## 风向（来向）

direction-N = 北
direction-NNE = 北东北
direction-NE = 东北
direction-ENE = 东东北
direction-E = 东
direction-ESE = 东东南
direction-SE = 东南
direction-SSE = 南东南
direction-S = 南
direction-SSW = 南西南
direction-SW = 西南
direction-WSW = 西西南
direction-W = 西
direction-WNW = 西西北
direction-NW = 西北
direction-NNW = 北西北
direction-calm = 静风

## 角色与权限

role-public = 公众
role-operator = 操作员
role-duty-officer = 值班员
role-department = 业务部门
role-leader = 领导
role-administrator = 管理员
right-see-this-page = 查看此页面
right-see-the-audit-trail = 查看审计记录
right-comment = 添加备注
right-acknowledge-alarms = 确认报警
right-direct-alarms-and-incidents = 处置报警和事件
right-record-findings = 登记检查结果
right-plan-maintenance = 计划维护
right-check-and-load-rules = 校验和加载规则
right-register-and-move-stations = 登记和迁移站点
right-manage-accounts = 管理账号
right-send-readings = 上传监测数据
role-refused = “{ $role }”角色无权{ $right }。

## 状态

state-normal = 正常
state-silent = 近期无数据
state-acknowledged = 报警，已确认
state-alarm = 报警
state-urgent = 报警，高优先级
alarm-state-open = 未关闭
alarm-state-closed = 已关闭
alarm-state-acknowledged = 已确认
alarm-state-unacknowledged = 未确认
alarm-state-history = 历史补录
alarm-state-late = 延迟记录
alarm-state-latched = 已锁存
alarm-state-shelved = 已搁置
alarm-state-suppressed = 已抑制
alarm-state-out-of-service = 已停用
alarm-state-maintenance = 维护中
incident-state-open = 处理中
incident-state-located = 已溯源
incident-state-overdue = 已逾期
incident-state-closed = 已办结
priority-low = 低
priority-medium = 中
priority-high = 高
priority-urgent = 紧急
outcome-violation = 存在违法行为
outcome-no-violation = 未发现违法行为
outcome-source-not-found = 未查明污染来源
outcome-kind = 违法行为类型
route-app = 应用推送
route-sms = 短信
route-email = 邮件
route-phone = 电话

## 数据标识与质量检验

flag-normal = 正常
flag-over-range = 超测量上限
flag-fault = 故障
flag-calibration = 校准
flag-maintenance = 维护
flag-set-by-hand = 手工输入
flag-out-of-operation = 停运
flag-link-fault = 通信异常
flag-below-detection = 低于检出限
flag-suspect = 存疑
test-gap = 数据缺失
test-gross-range = 超出合理范围
test-spike = 尖峰
test-rate-of-change = 变化过快
test-flat-line = 恒值
test-attenuated-signal = 波动过小
test-neighbour = 与邻近站点不符
test-repeated-sequence = 重复序列
test-few-distinct-values = 取值过少
test-smooth-signal = 曲线过于平滑
test-smooth-against-neighbours = 比邻近站点平滑
test-under-limit = 紧贴限值下方
test-calibration-at-peaks = 峰值时校准
test-sum-of-species = 组分之和不符
test-minute-against-hour = 分钟值与小时值不符
test-time-of-receipt = 接收时间异常

## 失败提示

failure-not-found-title = 页面不存在
failure-not-found = 没有这个页面。
failure-login-needed = 请先登录。
failure-refused-title = 无权访问
failure-invalid-title = 无法处理
failure-too-large-title = 内容过大
failure-too-large = 提交的内容超过了本页允许的大小。
failure-too-many-title = 请求过多
failure-busy-title = 系统繁忙
failure-busy = 平台繁忙，请稍后重试。
failure-internal-title = 系统错误
failure-internal = 数据库暂时无法完成此操作，原因见平台日志。
failure-back = 返回站点列表
field-empty = “{ $field }”不能为空，请填写。
field-no-number = “{ $field }”不是数字。
field-too-long = “{ $field }”超过 { $count } 个字符。
form-of-program = 表单需要登录会话；程序请使用 JSON 接口。
form-unreadable = 无法读取表单内容。
form-outdated = 表单已失效，请重新打开页面后提交。
range-backwards = 结束时间早于开始时间，请对调。
range-too-long = 时间范围超过 { $days } 天，请缩短。
range-no-time = “{ $field }”不是有效时间，请按 2026-03-14T22:40 的格式填写。
range-too-many-readings = 该时间范围内的数据超过 { $count } 条，请缩短范围。
range-too-many-samples = 该站点在此时间范围内的数据超过 { $count } 个，请缩短范围。

## 登录

login-name = 用户名
login-password = 密码
login-wrong = 名称或密码错误。
login-too-many = 登录尝试过多，请等待一刻钟。

## 站点

stations-none = 数据库中没有站点。管理员可在“{ $page }”页面登记。
stations-newest = 最新数据时间
stations-values = 最新数值
stations-alarms = { $count } 条报警
stations-share = （限值的 { $share }）
stations-more = 另有 { $count } 个
share-over = 超标：{ $share }
station-title = 站点 { $station }
station-channel = { $channel }（{ $unit }）
station-readings = 共 { $count } 条数据，其中 { $flagged } 条带标识（圆圈）。
station-no-limit = 现行规则中没有为该通道设定限值。
station-dashed = 虚线：{ $limit }，{ $value }。
station-svg = 下载此图（SVG）
station-csv = 下载数据（CSV）
station-rose = 风玫瑰与污染玫瑰
station-range = 其他时间范围
station-channels = 通道
station-newest = 最新数值
limit-detection = 检出限

## 通道趋势图

trend-title = { $station } 的 { $channel } 趋势（{ $unit }）
trend-extremes = 有效值 { $least } 至 { $greatest } { $unit }
trend-no-values = 无有效值
trend-description = { $from } 至 { $to }：{ $extremes }，限值 { $limits } 个。
trend-values = 有效值
trend-flagged = 带标识的数值
chart-newest = { $channel } 的最新数据
chart-mean = 均值
chart-least = 最小值
chart-greatest = 最大值
chart-flagged = 带标识
chart-whole = 完整范围
chart-help = 拖动可放大，双击恢复完整范围。键盘：方向键移动光标，+ 和 - 缩放，Esc 恢复完整范围。
trend-limit = 限值 { $limit }：{ $value }

## 实时数值与限值

values-title = 实时数值与限值
values-all = 全部数值
values-limited = 有限值的数值
values-stale = 过期的数值
values-count = 共 { $count } 个数值，最接近限值的在前。
values-first = 只显示前 { $count } 个，请筛选。
values-meaning = 限值指现行规则对该通道均值设定的最小数值；占比按最新数值计算。
values-filter-too-long = 筛选条件最多 { $count } 个字符。

## 地图

map-title = 站点地图
map-none = 所有站点都没有位置信息，请用 { $command } 导入位置。
map-svg = 下载此地图（SVG）
map-unplaced = 未在地图上显示
map-stations = 地图上的站点
map-sites = 地图上的排污单位
map-east = 向东（米）
map-north = 向北（米）
map-no-wind = 近期无风数据
map-wind = 来风 { $direction }，{ $speed } 米/秒
map-reference = 距离以 { $place }（WGS 84）为原点。风为最近十分钟的平均值。
map-description = { $time } 的地图，共 { $stations } 个站点、{ $sites } 个排污单位，上方为北。{ $states }
map-too-far = 与其他站点相距超过 500 千米
map-polar = 距极点不足一度
map-no-position = 无位置信息
map-metres-only = 只有以米表示的位置，其他站点使用经纬度
map-wind-legend = 风（箭头指向下风方向）
map-site = 排污单位
map-suspect = 嫌疑排污单位
map-mode = 最可能的位置
map-half = 50 % 区域
map-most = 90 % 区域
map-sector = 上风向扇区
map-sector-meaning = 来源所在的上风向扇区
map-north-arrow = 北
map-kilometres = { $length } 千米
map-metres = { $length } 米
source-no-channel = 该事件的报警均未涉及具体通道
source-no-positions = 站点没有经纬度位置

## 报警

alarms-open = 未关闭
alarms-closed = 近期已关闭
alarms-none-open = 当前没有未关闭的报警。
alarms-none-closed = 还没有已关闭的报警。
alarms-rule = { $rule }，{ $priority }优先级

## 事件

incidents-none = 还没有事件。可在报警页面发起。
incidents-opened = { $person } 于 { $time } 发起
deadline-met = 已按期完成，提前 { $span }
deadline-met-late = 逾期完成，超时 { $span }

## 演示手机

phones-meaning = 演示中各人收到的消息。每行为一条已送达的通知，最新的在前。
phones-recipients = 接收人
phones-all = 全部（{ $count }）
phones-none = 还没有人收到消息。

## 数据质量

quality-title = 数据质量
quality-all = 各站点数据有效率
quality-meaning = 截至当前的有效数据数与应有数据数之比。站点以有效率最低的通道计，低于 { $least } 时予以标注。选择站点可查看标识和检验结果。
quality-no-stations = 数据库中没有站点。
quality-worst = 最差通道
quality-day = 24 小时
quality-week = 7 天
quality-low = 偏低
quality-no-channels = 无通道
quality-station-without-channels = 该站点没有通道。
quality-flags = 有效率与标识
quality-findings = 检验结果
quality-range = { $from } 至 { $to } 的标识和缺失数据。
quality-expected = 应有
quality-missing = 缺失
quality-measured = 实测
quality-tests = 对该站点在此时间范围内的数据所作的检验，只与该范围内的数据比较，不改动任何数据。与其他站点或更长历史的比较请用 { $command }。
quality-nothing-found = 检验未发现问题。
quality-count = 共 { $count } 项检验结果。
quality-first = 显示前 { $count } 项。
quality-test = 检验

## 玫瑰图

rose-title = { $station } 的玫瑰图
rose-no-wind = 没有站点测量风，无法绘制玫瑰图。
rose-wind-at = { $station } 的风
rose-load-of = { $channel } 按风向分布
rose-wind-svg = 下载风玫瑰图（SVG）
rose-load-svg = 下载污染玫瑰图（SVG）
rose-csv = 下载数据（CSV）
rose-wind-of = 采用的风
rose-wind-title = { $station } 的风玫瑰图
rose-load-title = { $station } 的 { $channel } 污染玫瑰图
rose-description = { $count } 个数值按来风方向的占比。来自{ $direction }的最多（{ $share }）。静风：{ $calm }。
rose-coverage = 应有 { $expected } 个数据，有效 { $valid } 个（{ $share }）
rose-wind-words = { $coverage }。按来风方向分为 { $sectors } 个扇区，每个 22.5 度，含下边界。低于 { $speed } 米/秒为静风，不计入扇区：{ $calm } 个（{ $share }）。
rose-load-words = { $coverage }；其中 { $without } 个没有对应的风，不计入。静风：{ $calm } 个（{ $share }）。占比按有风数据的数值计算。
rose-numbers = 玫瑰图数据
rose-wind-from = 来风方向
rose-winds = 风数据
rose-values = 数值个数
rose-mean = 平均 { $unit }
rose-greatest = 最大 { $unit }
rose-below = 低于 { $end } { $unit }
rose-between = { $begin } 至 { $end } { $unit }
rose-above = { $begin } { $unit } 及以上
rose-all = 全部

## 统计：达标天数

days-title = 达标天数
days-no-limit = 请在上方填写通道和限值，或以 { $option } 启动平台。
days-meaning = 小时数据完整的才计入当日；有效率按数据个数和小时数计算。未结束的日期不计。数字为第一个限值对应的最大值，单位与限值相同。
days-none = 该时段内没有完整的日期。
days-no-station = 这些日期内没有站点测量有限值的通道。
days-left-out = 另有 { $count } 个站点未列出。
days-kept = 达标
days-exceeded = 超标
days-incomplete = 数据不足
day-kept = 达标
day-exceeded = 超标
day-incomplete = 数据不足
day-none = –
limit-of-file = 按平台的限值文件：
limit-of-form = 按上方填写的限值：
limit-field = 限值的某一项过长，或含有逗号、引号。
limit-wrong = 限值有误：{ $reason }
limit-average = 均值类型
limit-coverage = 要求的有效率
average-hour = 日最大小时均值
average-eight-hours = 最大 8 小时均值
average-eight-hours-within-day = 当日内最大 8 小时均值
average-day = 日均值

## 统计：报警与事件

metrics-openings = 报警次数
metrics-rate = 每十分钟
metrics-rate-words = 平均 { $mean } 次，最多 { $most } 次
metrics-flood = 报警泛滥
metrics-flood-words = 占总时间的 { $share }（十分钟内报警十次及以上）
metrics-priorities = 按优先级
metrics-acknowledged = 已确认
metrics-acknowledged-after = ，平均用时 { $span }
metrics-stale = 超过一天未关闭
metrics-late = 延迟的升级步骤
metrics-late-words = { $count } 个升级步骤延迟 5 秒及以上
metrics-history = 历史补录
metrics-meaning = 指标依据 ISA-18.2。抖动：一分钟内第三次及以上报警。瞬时：一分钟内即关闭。
offenders-title = 报警最多的规则
offenders-rule = 规则与范围
offenders-chattering = 抖动
offenders-fleeting = 瞬时
figures-opened-title = 已发起
figures-opened = { $count } 起，其中 { $open } 起处理中
figures-located = 已溯源
figures-located-words = { $count } 起，其中 { $soon } 起在 24 小时内
figures-overdue = 已逾期
figures-to-site = 溯源用时中位数
figures-to-closing = 办结用时中位数
figures-violations = 违法行为类型
figures-penalties = 罚款（{ $currency }）：{ $count } 笔，合计 { $amount }

## 审计记录

audit-meaning = 来自台账：对报警和事件的操作、维护、规则加载，以及对已存数据和站点的更改。来自管理日志：账号、站点登记、规则测试。
audit-none = 还没有任何操作。
audit-rules = 加载规则
audit-alarm = 报警 #{ $number }
audit-rule = 规则 { $rule }（{ $scope }）
audit-opened = 发起，{ $title }
audit-suspected = 指认嫌疑单位 { $site }
audit-found = 检查发现：{ $text }
audit-rectified = 已整改：{ $text }
audit-closed = 办结，{ $outcome }
audit-reopened = 重新打开
audit-commented = 添加备注
audit-added = 加入报警 #{ $number }
audit-another = 其他步骤
audit-replaced = 替换数值
audit-flag = 设置标识“{ $flag }”
audit-deleted = 删除数据
audit-channels = 更改通道
audit-placed = 设置站点位置
audit-moved = 迁移站点
audit-change = { $what }：{ $place }

## 恶臭举报

odour-time = 何时闻到的？
odour-latitude = 纬度（度）
odour-longitude = 经度（度）
odour-intensity = 气味有多强？
odour-words = 是什么气味？
odour-reporter = 您的姓名（选填）
odour-meaning = 您的举报连同填写的时间和地点将送达本区域的值班员。
odour-send = 提交举报
odour-thanks = 感谢您的举报，已登记。受理编号为
odour-number = 来电查询时请提供此编号。
odour-another = 再次举报
odour-recorded = 举报已登记
odour-too-many = 来自您所在网络的举报过多，请一小时后再试，或致电值班员。
odour-too-old = 时间须在最近 30 天之内。
odour-no-intensity = 请选择气味强度。
odour-not-perceptible = 无味
odour-very-weak = 很弱
odour-weak = 弱
odour-distinct = 明显
odour-strong = 强
odour-very-strong = 很强
odour-extremely-strong = 极强
odours-none = 还没有恶臭举报。
odours-intensity = 强度
odours-place = 地点
odours-words = 描述
odours-reporter = 举报人
odours-no-reporter = 未填写

## 事件的来源

place-title = 溯源
place-map = 事件 { $number } 的地图
place-none = 未能溯源：{ $reason }。
place-unknown = 不在地图上的嫌疑排污单位：{ $sites }。
place-located = 来源位于地图所示区域内。
place-direction-only = 来源位于地图所示扇区内，距离未知。
place-not-enough = 现有数据不足以判断来源位置。
place-origin = 依据 { $channel } 在 { $from } 至 { $to } 的数据，计算于 { $at }。
place-mode = 最可能的位置：{ $place }。
place-areas = 区域面积：{ $half } 公顷（50 %）、{ $most } 公顷（90 %）。
place-probability = 概率
place-evidence = 支持或否定的依据
place-only = 仅依据位置

## 报警页面

acts-title = 操作
reason-missing = 请填写原因。
account-unknown = 没有名为“{ $name }”的账号。
act-acknowledge = 确认
act-hand-over = 移交
act-shelve = 搁置
act-unshelve = 取消搁置
alarm-title = 报警 { $alarm }：{ $title }
alarm-incident-meaning = 为此报警及同组报警发起事件，须在 24 小时内查明来源。
alarm-open-incident = 发起事件
alarm-incident = 事件 { $number }
alarm-rule = { $rule }，适用于 { $scope }，{ $place }
alarm-since = 条件成立自
alarm-next-step = 下一步升级
alarm-shelved = 搁置
alarm-shelved-by = 由 { $person } 搁置：{ $reason }
alarm-guidance = 处置指引
alarm-why = 报警依据
alarm-condition = 条件
alarm-values = 数值
alarm-coverage = ，数据有效率 { $share }
condition-holds = 成立
condition-fails = 不成立
condition-unknown = 未知
closed-cleared = 解除条件已满足
closed-rule-removed = 规则已停用
closed-scope-removed = 规则不再覆盖此范围
closed-by-itself = 在规则规定的时间内未再触发
closed-latch-reset = 锁存已复位
closed-deadline-met = 相关事件已溯源或办结
history-title = 经过
notified-title = 通知
notified-nobody = 没有通知任何人。
notified-written = 生成时间
notified-delivery = 送达情况
notified-queued = 排队中，尚未发送
notified-delivered = 已送达
subject-step = 第 { $number } 步
subject-roll-up = 汇总 { $number }
subject-heartbeat = 心跳 { $number }
subject-late = 更正 { $number }
subject-expired = 确认到期 { $number }
subject-system = 系统报警 { $number }
subject-raised = 优先级提升 { $number }

## 事件页面

incident-title = 事件 { $number }：{ $title }
incident-opening = 发起
incident-opened = { $person } 于 { $time } 发起：{ $reason }
incident-begins = 起始时间
incident-report = 报告
incident-report-link = 本事件的报告
incident-suspects = 嫌疑排污单位
incident-no-suspects = 还没有嫌疑排污单位。
incident-findings = 检查发现
incident-no-findings = 还没有检查发现。
incident-finding = 检查发现
incident-is-open = 事件正在处理中。
incident-no-step = 表单中没有这一步骤。
incident-no-outcome = 请选择处理结果。
act-suspect = 指认嫌疑单位
act-find = 登记检查发现
act-close = 办结
act-reopen = 重新打开

## 规则

rules-none = 没有现行规则。
rules-loaded = { $person } 于 { $time } 加载
rules-hash = SHA-256 { $hash }，适用于 { $count } 个站点
rules-partly = 部分规则未运行：
rules-too-many-files = 一套规则最多 { $count } 个文件，请合并部分文件。
rules-no-name = 有文件未命名，请填写文件名，例如 park.rhai。
rules-good = 规则无错误。加载后方可生效。
rules-wrong = 规则有错误，现行规则未改变。
rules-place = 位置
rules-kind = 类别
rules-help = 建议写法
rules-warning = 警告
rules-error = 错误
rules-check-title = 规则校验
rules-file = 文件
rules-text = 内容
rules-add-file = 添加文件
rules-reason = 加载原因
rules-check = 校验
rules-load = 加载

## 规则：测试、回测、差异

rules-explanation = “校验”检查错误；“运行测试”运行文件名以 _test.rhai 结尾的文件；“回测”用已存数据试运行规则，并与现行规则的报警比较。以上操作不作任何改动，“加载”后规则才生效。
rules-load-title = 规则加载
rules-tests-title = 规则测试
rules-backtest-title = 规则回测
rules-no-reason = 加载原因未填写，请填写。现行规则未改变。
rules-same-name = 有两个文件同名，请分别命名。
rules-no-tests = 没有测试。请添加文件名以 _test.rhai 结尾的文件，例如 park_test.rhai。
rules-run-tests = 运行测试
rules-backtest = 回测
rules-backtest-from = 回测开始
rules-backtest-to = 回测结束
rules-backtest-stopped = { $from } 至 { $to } 的回测耗时过长，已在 { $reached } 处停止。请缩短时间范围，或在命令行运行 `vocdb rules backtest`。
rules-in-force-wrong = 现行规则与现有站点不符，存在错误，无法比较。请先加载规则。
rules-tests-passed = 测试全部通过：{ $count } 项。
rules-tests-failed = 测试未通过：共 { $count } 项，其中 { $failed } 项失败。
rules-test = 测试
rules-test-result = 结果
rules-test-failure = 失败内容
rules-test-passed = 通过
rules-test-failed = 失败
rules-changes = 内容变化
rules-no-changes = 内容与现行规则相同。
rules-new-file = （新文件）
rules-removed-file = （文件已删除）
rules-more-lines = 另有 { $count } 行
raised-compared = 回测 { $from } 至 { $to }，共 { $frames } 帧数据。新规则报警 { $alarms } 次，现行规则报警 { $before } 次。未作任何改动。
raised-same = 回测 { $from } 至 { $to }，共 { $frames } 帧数据。新规则报警 { $alarms } 次。这就是现行规则。未作任何改动。
raised-alone = 回测 { $from } 至 { $to }，共 { $frames } 帧数据。新规则报警 { $alarms } 次。没有现行规则。未作任何改动。
raised-no-readings = 该时间范围内没有数据，规则未经检验。请另选时间范围。
raised-by-rule = 各规则的报警
raised-calls = 需要关注的通知
raised-new = 新规则
raised-in-force = 现行规则
raised-only-new = 仅新规则
raised-only-in-force = 仅现行规则
raised-moved = 有差异
raised-scope = 站点或范围
raised-whose = 触发规则
raised-with-new = 按新规则
raised-with-in-force = 按现行规则
raised-draft-only = 仅新规则
raised-before-only = 仅现行规则
raised-differently = 均有，但有差异
raised-both = 均有
raised-no-alarm = 无报警
raised-to = 至 { $time }
raised-still-open = 结束时仍未关闭

## 维护

maintained-all = 不发送通知。
maintained-all-until = { $time } 之前不发送通知。
maintained-rule = 规则 { $rule } 不发送通知。
maintained-rule-until = 规则 { $rule } 在 { $time } 之前不发送通知。
maintained-number = 维护 { $number }
maintained-by = 由 { $person } 计划：{ $reason }
maintenance-meaning = 维护期间，相关站点的报警照常产生和关闭，但不通知任何人。维护按计划自动开始和结束。
maintenance-running = 进行中
maintenance-planned = 已计划
maintenance-past = 已结束
maintenance-none-running = 没有进行中的维护。
maintenance-none-planned = 没有已计划的维护。
maintenance-none-past = 还没有维护记录。
maintenance-number = 编号
maintenance-repeats = 重复
maintenance-rule-only = 仅规则 { $rule }
maintenance-begun = 执行次数
maintenance-times = { $count } 次
maintenance-end = 结束
maintenance-cancelled = 由 { $person } 取消：{ $reason }
maintenance-cancel-title = 取消维护
maintenance-cancel-meaning = 进行中的维护立即结束，后续重复也一并取消。
maintenance-cancel = 取消此维护
maintenance-plan-title = 计划维护
maintenance-plan = 提交计划
maintenance-stations = 站点：名称，或通配符，例如 park/*
maintenance-every-rule = 所有规则
maintenance-until = 停止重复的时间
maintenance-covers-nothing = “{ $stations }”未涵盖任何站点或规则，请填写列表中的名称，或通配符，例如 park/* 或 **。
maintenance-no-window = 请选择一项维护。
maintenance-no-recurrence = 请选择重复方式。
recurrence-none = 不重复
recurrence-daily = 每天
recurrence-weekly = 每周
recurrence-daily-choice = 每天同一时间
recurrence-weekly-choice = 每周同一时间
recurrence-until = ，{ $time } 起不再重复
station-maintenance = 为此站点计划维护

## 将报警加入事件

join = 加入事件
join-incident = 处理中的事件
join-meaning = 将此报警加入一个处理中的事件。
join-no-incident = 请选择一个处理中的事件。
act-add-alarm = 加入报警
incident-no-alarm = 请选择一条报警。

## 站点登记

register-title = 站点登记
register-none = 数据库中还没有站点。
register-position = 位置
register-instruments = 仪器
register-change = 更改登记
register-meaning = 站点名称不可更改，规则和报警均引用站点名称。任何内容都不会删除，已有监测数据始终可查。
register-station-title = 登记站点
register-position-title = 设置位置
register-instrument-title = 登记仪器
register-channels-title = 更改通道
register-instrument-words = ，采样间隔 { $interval }，{ $channels } 个通道
register-no-species = 物种表中没有
register-retired = 已停用
register-unit = 单位 { $unit }
register-no-degrees = 无经纬度
register-metres = 向东 { $east } 米，向北 { $north } 米
register-inlet = 采样口离地 { $height } 米
register-latitude = 北纬（度）
register-longitude = 东经（度）
register-height = 采样口高度（米）
register-reference = 相对区域参考点的米数
register-name = 名称，例如 park/S1
register-station = 登记此站点
register-position-meaning = 未填写的数字保持不变。此前的数据仍对应此前的位置。
register-since = 生效时间（{ $zone }），不填则为当前时间
register-set-position = 设置位置
register-instrument-name = 仪器，例如 gc
register-interval = 采样间隔，例如 1 min
register-channels = 通道，每行一个，格式为“名称: 单位”
register-instrument = 登记此仪器
register-add = 新增通道，每行一个，格式为“名称: 单位”
register-retire = 停用通道，每行一个名称
register-channels-change = 更改通道
register-station-exists = 已有名为“{ $name }”的站点，请另选名称。
register-instrument-exists = 站点“{ $station }”已有仪器“{ $instrument }”，请另选名称，或更改其通道。
register-no-instrument = 请选择仪器。
register-no-change = 请填写要新增或停用的通道。
register-no-station = 没有名为“{ $name }”的站点。
register-half-position = “{ $first }”和“{ $second }”须同时填写。
register-channel = 通道“{ $line }”：{ $problem }
register-channel-without-unit = 通道“{ $line }”：请按“名称: 单位”填写，例如 benzene: ppb

## 账号与密码

accounts-role = 角色
accounts-token = 令牌
accounts-add-title = 添加账号
accounts-recent = 近期更改
accounts-recent-meaning = 来自管理日志，站点和规则测试的更改也在其中。
accounts-none = 账号还没有任何更改。
accounts-password-temporary = 下次登录时须更改
accounts-password-chosen = 本人设定
accounts-token-issued = 已签发
accounts-change = 更改
accounts-change-role = 更改角色
accounts-reset = 重置密码
accounts-issue = 签发令牌
accounts-remove = 删除
accounts-password = 密码（留空则自动生成）
accounts-password-meaning = 自动生成的密码只显示一次，本人首次登录时须另设密码。
accounts-add = 添加
accounts-no-role = 请选择角色。
accounts-new-password = 新密码
accounts-new-token = 新令牌
accounts-password-of = { $name } 的新密码为
accounts-token-of = { $name } 的新令牌为
accounts-once = 此处只显示一次，系统仅保存其哈希值，请立即转交。
accounts-back = 返回账号列表
account-password = 密码至少 10 个字符，最多 256 字节。
account-name = 名称须为 1 至 64 个可见字符。
account-exists = 账号“{ $name }”已存在，请先删除。
account-last-administrator = “{ $name }”是唯一的管理员，请先将另一账号设为管理员。
account-too-many = 已有 { $count } 个账号，请先删除一个。
password-present = 当前密码
password-new = 新密码，至少 10 个字符
password-again = 再次输入新密码
password-made-up = 您的密码由他人生成。请设置只有您知道的密码，之后才能打开其他页面。
password-sessions = 更改密码后，您的其他会话将结束。
password-change = 更改密码
password-differs = 两次输入的新密码不一致，请重新输入。
password-same = 新密码与当前密码相同，请另设密码。
password-wrong = 当前密码错误。
password-too-many = 尝试过多，请等待一刻钟。
failure-password-needed = 请先在 /password 页面设置密码。
